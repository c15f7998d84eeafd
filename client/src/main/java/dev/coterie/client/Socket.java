package dev.coterie.client;

import dev.coterie.sys.ClientSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A socket that does not block, and the means to wait for it: a unix socket by calls of the C
 * library, where this process may make them, and otherwise what the JDK has. The JDK's costs a
 * tenth more for a message and its answer.
 */
abstract class Socket {
  /** Connects, by {@code deadline} of {@link System#nanoTime}. */
  static Socket connect(Address address, boolean shortLived, long deadline) throws IOException {
    // Binding the C library's calls takes longer than some commands; and a virtual thread that
    // waits in one holds up its carrier.
    boolean bind = !shortLived && !Thread.currentThread().isVirtual();
    return address instanceof Address.Unix unix && bind && ClientSocket.isAvailable()
        ? NativeSocket.open(Path.of(unix.path()), deadline)
        : ChannelSocket.open(address, deadline);
  }

  /**
   * Receives what there is, without waiting.
   *
   * @return how many bytes, perhaps none; -1: there will be no more
   */
  abstract int read(ByteBuffer destination) throws IOException;

  /**
   * Sends what there is room for, without waiting.
   *
   * @return how many bytes went, perhaps none
   */
  abstract int write(ByteBuffer source) throws IOException;

  /**
   * Waits until there is something to read (or, if asked, it can be written), this thread is
   * interrupted or {@link #wakeup} called. For one thread at a time.
   */
  abstract void await(boolean orWritable) throws IOException;

  /**
   * The same with an end to it.
   *
   * @throws java.net.SocketTimeoutException it has come
   * @throws java.io.InterruptedIOException this thread is interrupted
   */
  abstract void await(boolean orWritable, long deadline) throws IOException;

  /** Makes the current wait return, or the next one if there is none. */
  abstract void wakeup();

  /** Tells the other end that no more will come. */
  abstract void shutdownOutput() throws IOException;

  /**
   * Tells the other end that no more will come and waits until it has closed too, so that it knows.
   * Not for longer than until {@code deadline}, nor once this thread is interrupted. While nobody
   * else waits here.
   */
  final void awaitEnd(long deadline) {
    ByteBuffer unwanted = ByteBuffer.allocateDirect(1 << 12);
    try {
      shutdownOutput();
      while (read(unwanted.clear()) >= 0) {
        if (unwanted.position() == 0) {
          await(false, deadline);
        }
      }
    } catch (IOException e) {
      // Broken, too slow or interrupted: the end has come all the same.
    }
  }

  /** Ends the connection for all; whoever waits returns. */
  abstract void close();
}
