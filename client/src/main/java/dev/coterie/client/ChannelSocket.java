package dev.coterie.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A socket of the JDK.
 *
 * <p>Reading a channel in blocking mode would be one system call less, but an interrupt of the
 * reading thread would close it for everybody. {@code select} only returns.
 */
final class ChannelSocket extends Socket {
  /** Which operation is ready is seen by trying it. */
  private static final Consumer<SelectionKey> NOTHING =
      new Consumer<>() {
        @Override
        public void accept(SelectionKey key) {}
      };

  private final SocketChannel channel; // immutable
  private final Selector selector; // immutable
  private final SelectionKey key; // immutable; its interest is set by the one who selects
  private boolean writable; // of the one who selects: what the interest was set to

  private ChannelSocket(SocketChannel channel, Selector selector, SelectionKey key) {
    this.channel = channel;
    this.selector = selector;
    this.key = key;
  }

  /** Connects, by {@code deadline} of {@link System#nanoTime}. */
  static ChannelSocket open(Address address, long deadline) throws IOException {
    SocketAddress target = address.toSocketAddress();
    SocketChannel channel =
        address instanceof Address.Unix
            ? SocketChannel.open(StandardProtocolFamily.UNIX)
            : SocketChannel.open();
    Selector selector = null;
    try {
      if (address instanceof Address.Unix) {
        // With the backlog full a unix socket that does not block gives up at once, and one that
        // does waits its turn.
        channel.connect(target);
      }
      channel.configureBlocking(false);
      selector = Selector.open();
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
      ChannelSocket socket = new ChannelSocket(channel, selector, key);
      if (address instanceof Address.Tcp) {
        socket.finishConnect(target, deadline);
      }
      key.interestOps(SelectionKey.OP_READ);
      return socket;
    } catch (IOException | RuntimeException e) {
      channel.close();
      if (selector != null) {
        selector.close();
      }
      throw e;
    }
  }

  private void finishConnect(SocketAddress target, long deadline) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (channel.connect(target)) {
      return;
    }
    do {
      select(deadline);
    } while (!channel.finishConnect());
  }

  @Override
  int read(ByteBuffer destination) throws IOException {
    return channel.read(destination);
  }

  @Override
  int write(ByteBuffer source) throws IOException {
    return channel.write(source);
  }

  @Override
  void wakeup() {
    selector.wakeup();
  }

  @Override
  void await(boolean orWritable) throws IOException {
    setInterest(orWritable);
    try {
      selector.select(NOTHING);
    } catch (ClosedSelectorException e) {
      throw new ClosedChannelException();
    }
  }

  @Override
  void await(boolean orWritable, long deadline) throws IOException {
    setInterest(orWritable);
    select(deadline);
  }

  private void setInterest(boolean orWritable) throws IOException {
    if (orWritable == writable) {
      return;
    }
    writable = orWritable;
    try {
      key.interestOps(SelectionKey.OP_READ | (orWritable ? SelectionKey.OP_WRITE : 0));
    } catch (CancelledKeyException e) {
      throw new ClosedChannelException();
    }
  }

  private void select(long deadline) throws IOException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    selector.select(NOTHING, left);
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  void shutdownOutput() throws IOException {
    channel.shutdownOutput();
    key.interestOps(SelectionKey.OP_READ);
  }

  @Override
  void close() {
    try (channel;
        selector) {
      // The selector first: a channel that it does not know closes at once.
    } catch (IOException e) {
      // Nothing more can be done about a socket that will not close.
    }
  }
}
