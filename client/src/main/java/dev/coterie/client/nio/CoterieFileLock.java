package dev.coterie.client.nio;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;

/** A lock of a channel: wanted, then held, then over. */
final class CoterieFileLock extends FileLock {
  final ChannelLocks channel; // immutable

  boolean held; // guarded by the table: there before, while it is waited for
  private boolean over; // guarded by this

  CoterieFileLock(FileChannel by, ChannelLocks channel, long position, long size, boolean shared) {
    super(by, position, bytes(position, size), shared);
    this.channel = channel;
  }

  CoterieFileLock(
      AsynchronousFileChannel by, ChannelLocks channel, long position, long size, boolean shared) {
    super(by, position, bytes(position, size), shared);
    this.channel = channel;
  }

  /** "A value of zero means to lock all bytes from the specified starting position to the end." */
  private static long bytes(long position, long size) {
    return size == 0 ? Long.MAX_VALUE - Math.max(0, position) : size;
  }

  @Override
  public synchronized boolean isValid() {
    return !over;
  }

  /** Once more is nothing; "ClosedChannelException: if the channel is no longer open". */
  @Override
  public void release() throws IOException {
    if (!acquiredBy().isOpen()) {
      throw new ClosedChannelException();
    }
    channel.release(this);
  }

  /** True for the first who asks. */
  synchronized boolean end() {
    boolean first = !over;
    over = true;
    return first;
  }
}
