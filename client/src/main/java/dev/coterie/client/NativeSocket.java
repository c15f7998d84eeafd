package dev.coterie.client;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.ClientSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A unix socket by calls of the C library: send, recv, and poll to wait. */
final class NativeSocket extends Socket {
  private final ClientSocket socket; // immutable

  private NativeSocket(ClientSocket socket) {
    this.socket = socket;
  }

  static NativeSocket open(Path path, long deadline) throws IOException {
    try {
      return new NativeSocket(ClientSocket.connect(path, deadline));
    } catch (ErrnoException e) {
      String text = e.errno().text(); // as the JDK's socket would say it
      throw switch (e.errno()) {
        case ETIMEDOUT -> new SocketTimeoutException(text);
        case EINTR -> new InterruptedIOException(text);
        default -> new ConnectException(text);
      };
    }
  }

  @Override
  int read(ByteBuffer destination) throws IOException {
    return socket.read(destination);
  }

  @Override
  int write(ByteBuffer source) throws IOException {
    return socket.write(source);
  }

  @Override
  void await(boolean orWritable) throws IOException {
    socket.await(orWritable, -1);
  }

  @Override
  void await(boolean orWritable, long deadline) throws IOException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    socket.await(orWritable, (int) Math.min(left, Integer.MAX_VALUE));
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  void wakeup() {
    socket.wakeup();
  }

  @Override
  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  void close() {
    socket.close();
  }
}
