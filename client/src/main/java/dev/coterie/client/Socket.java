package dev.coterie.client;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A socket that does not block, and the means to wait for it.
 *
 * <p>Reading a channel in blocking mode would be one system call less, but an interrupt of the
 * reading thread would close it for everybody. {@code select} only returns.
 */
final class Socket {
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

  private Socket(SocketChannel channel, Selector selector, SelectionKey key) {
    this.channel = channel;
    this.selector = selector;
    this.key = key;
  }

  /** Connects, by {@code deadline} of {@link System#nanoTime}. */
  static Socket connect(Address address, long deadline) throws IOException {
    SocketAddress target = address.toSocketAddress();
    SocketChannel channel =
        address instanceof Address.Unix
            ? SocketChannel.open(java.net.StandardProtocolFamily.UNIX)
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
      Socket socket = new Socket(channel, selector, key);
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
    channel.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
    if (channel.connect(target)) {
      return;
    }
    do {
      select(deadline);
    } while (!channel.finishConnect());
  }

  SocketChannel channel() {
    return channel;
  }

  Selector selector() {
    return selector;
  }

  /**
   * Waits until there is something to read (or, if asked, it can be written), this thread is
   * interrupted or the selector woken up. For one thread at a time.
   */
  void await(boolean orWritable) throws IOException {
    setInterest(orWritable);
    try {
      selector.select(NOTHING);
    } catch (ClosedSelectorException e) {
      throw new ClosedChannelException();
    }
  }

  /** The same with an end to it. */
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
    } catch (java.nio.channels.CancelledKeyException e) {
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
      throw new java.io.InterruptedIOException("interrupted");
    }
  }

  /**
   * Tells the other end that no more will come and waits until it has closed too, so that it knows.
   * Not for longer than until {@code deadline}, nor once this thread is interrupted.
   */
  void awaitEnd(long deadline) {
    ByteBuffer unwanted = ByteBuffer.allocate(1 << 12);
    try {
      channel.shutdownOutput();
      key.interestOps(SelectionKey.OP_READ);
      selector.wakeup(); // a thread that selects has nothing to wait for any more
      while (channel.read(unwanted.clear()) >= 0) {
        if (unwanted.position() == 0) {
          select(deadline);
        }
      }
    } catch (IOException e) {
      // Broken, too slow or interrupted: the end has come all the same.
    }
  }

  /** Ends the connection for all; whoever selects returns. */
  void close() {
    try (channel;
        selector) {
      // The selector first: a channel that it does not know closes at once.
    } catch (IOException e) {
      // Nothing more can be done about a socket that will not close.
    }
  }
}
