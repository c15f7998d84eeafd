package dev.coterie.client;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Stands for one socket after the other: those of a session that outlives its connections. */
final class SwitchingSocket extends Socket {
  private volatile Socket current; // written by the reader, while nobody writes

  SwitchingSocket(Socket first) {
    this.current = first;
  }

  /** Goes on with another; the former was closed. */
  void switchTo(Socket next) {
    current = next;
  }

  @Override
  int read(ByteBuffer destination) throws IOException {
    return current.read(destination);
  }

  @Override
  int write(ByteBuffer source) throws IOException {
    return current.write(source);
  }

  @Override
  void await(boolean orWritable) throws IOException {
    current.await(orWritable);
  }

  @Override
  void await(boolean orWritable, long deadline) throws IOException {
    current.await(orWritable, deadline);
  }

  @Override
  void wakeup() {
    current.wakeup();
  }

  @Override
  void shutdownOutput() throws IOException {
    current.shutdownOutput();
  }

  @Override
  void close() {
    current.close();
  }
}
