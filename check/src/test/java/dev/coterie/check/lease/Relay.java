package dev.coterie.check.lease;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and its leader, and cuts each connection after some bytes one way or the
 * other: in the middle of a request, behind it, before its reply or within that.
 */
final class Relay implements AutoCloseable {
  /** Bytes that a connection needs to be begun, about, each way. */
  private static final int BEGINNING = 110;

  private final ServerSocketChannel server;
  private final SocketAddress leader;
  private final Random random; // guarded by itself
  private final int bytesMost;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger cuts = new AtomicInteger();
  private volatile boolean cutting = true;

  /**
   * @param here where to listen: a unix socket's path, or any port
   * @param bytesMost how many a connection lets through each way, beside its beginning
   */
  Relay(SocketAddress here, SocketAddress leader, long seed, int bytesMost) throws IOException {
    this.server =
        here instanceof UnixDomainSocketAddress
            ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            : ServerSocketChannel.open();
    server.bind(here);
    this.leader = leader;
    this.random = new Random(seed);
    this.bytesMost = bytesMost;
    Thread.ofPlatform().daemon().name("relay").start(this::accept);
  }

  static SocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  SocketAddress address() throws IOException {
    return server.getLocalAddress();
  }

  /** Connections that there were. */
  int accepted() {
    return accepted.get();
  }

  int cuts() {
    return cuts.get();
  }

  /** From now on lets all through. */
  void cutNoMore() {
    cutting = false;
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        SocketChannel there = SocketChannel.open(leader);
        if (server.getLocalAddress() instanceof InetSocketAddress) {
          client.setOption(StandardSocketOptions.TCP_NODELAY, true);
          there.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        open.add(client);
        open.add(there);
        accepted.incrementAndGet();
        int up;
        int down;
        synchronized (random) {
          up = BEGINNING + random.nextInt(bytesMost);
          down = BEGINNING + random.nextInt(bytesMost);
        }
        Thread.ofPlatform().daemon().start(() -> pump(client, there, up));
        Thread.ofPlatform().daemon().start(() -> pump(there, client, down));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void pump(SocketChannel from, SocketChannel to, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 12);
    int left = bytes;
    try (from;
        to) {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        boolean cut = cutting && buffer.limit() >= left;
        buffer.limit(cut ? left : buffer.limit());
        left -= buffer.limit();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        if (cut) {
          cuts.incrementAndGet();
          return;
        }
        left = Math.max(left, 1);
      }
    } catch (IOException e) {
      // The other way was cut.
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  /** Cuts the connections there are, and none that comes meanwhile. */
  void cut() throws IOException {
    for (SocketChannel channel : List.copyOf(open)) {
      channel.close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
