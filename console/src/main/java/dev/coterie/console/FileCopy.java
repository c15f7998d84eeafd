package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The content of one file, copied piece by piece by any number of threads; the last one to leave
 * ends it. Holes that the source knows of are passed over, and stay holes as the target is new or
 * was emptied.
 */
final class FileCopy implements Runnable {
  static final int PIECE_BYTES = 512 << 10;

  /** What is left out at a time where zeros are not written: the block of usual file systems. */
  private static final int BLOCK_BYTES = 4096;

  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BLOCK_BYTES).asReadOnlyBuffer();

  /** What comes of it; called by one thread, once. */
  interface Outcome {
    void bytes(long count);

    /** All is there and closed. */
    void done() throws IOException;

    void failed(IOException cause, String consequence);
  }

  private final Side.Info info;
  private final Side.Content in;
  private final Side.Content out;
  private final boolean skipsZeros;
  private final Outcome outcome;
  private final AtomicLong next = new AtomicLong(); // offset
  private final AtomicInteger atWork = new AtomicInteger(1);
  private final AtomicBoolean failed = new AtomicBoolean();
  private volatile boolean atEnd;
  private volatile boolean skipped;

  /**
   * @param skipsZeros whether blocks of zeros are not written
   */
  FileCopy(Side.Info info, Side.Content in, Side.Content out, boolean skipsZeros, Outcome outcome) {
    this.info = info;
    this.in = in;
    this.out = out;
    this.skipsZeros = skipsZeros;
    this.outcome = outcome;
  }

  /** One more thread will run this. */
  void join() {
    atWork.incrementAndGet();
  }

  @Override
  public void run() {
    try {
      ByteBuffer buffer = null;
      while (!atEnd && !failed.get()) {
        if (buffer == null) {
          buffer = ByteBuffer.allocate(Math.clamp(info.size() + 1, BLOCK_BYTES, PIECE_BYTES));
        }
        piece(next.getAndAdd(buffer.capacity()), buffer);
      }
    } catch (IOException e) {
      fail(e, "; the copy is incomplete");
    } finally {
      if (atWork.decrementAndGet() == 0) {
        end();
      }
    }
  }

  private void piece(long start, ByteBuffer buffer) throws IOException {
    long end = start + buffer.capacity();
    for (long at = start; at < end; ) {
      long until = end;
      if (info.holes()) {
        long data = in.nextData(at);
        skipped |= data != at;
        if (data < 0 || data >= end) {
          atEnd |= data < 0;
          return;
        }
        at = data;
        until = Math.min(end, Math.max(in.nextHole(at), at + 1));
      }
      long count = part(at, until - at, buffer);
      if (count == 0) {
        atEnd = true;
        return;
      }
      at += count;
      outcome.bytes(count);
    }
  }

  /** How much was copied; 0 at the end of the source. */
  private long part(long at, long length, ByteBuffer buffer) throws IOException {
    // With zeros to be left out they must be seen, so they come here.
    long count = skipsZeros ? -1 : copyInside(at, length);
    if (count < 0) {
      buffer.clear().limit((int) length);
      count = in.read(buffer, at);
      buffer.flip();
      if (skipsZeros) {
        writeData(buffer, at);
      } else {
        out.write(buffer, at);
      }
    }
    return count;
  }

  /** Has the leader copy, where both are in one mount of its tree; else -1. */
  private long copyInside(long at, long length) throws IOException {
    if (in instanceof TreeSide.TreeContent source && out instanceof TreeSide.TreeContent target) {
      try {
        return source.copyTo(target, at, length);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EXDEV && e.errno() != Errno.EOPNOTSUPP) {
          throw e;
        }
      }
    }
    return -1;
  }

  /** Writes what is between blocks of zeros. */
  private void writeData(ByteBuffer buffer, long at) throws IOException {
    int limit = buffer.limit();
    int start = 0;
    while (start < limit) {
      int end = start;
      while (end < limit && !isZeros(buffer, end, blockEnd(at, end, limit))) {
        end = blockEnd(at, end, limit);
      }
      if (end > start) {
        out.write(buffer.slice(start, end - start), at + start);
      }
      start = end;
      while (start < limit && isZeros(buffer, start, blockEnd(at, start, limit))) {
        start = blockEnd(at, start, limit);
        skipped = true;
      }
    }
  }

  /** Where the block of the file ends in which this place of the buffer lies. */
  private static int blockEnd(long at, int place, int limit) {
    return (int) Math.min(limit, place + BLOCK_BYTES - (at + place) % BLOCK_BYTES);
  }

  private static boolean isZeros(ByteBuffer buffer, int start, int end) {
    int length = end - start;
    return buffer.slice(start, length).mismatch(ZEROS.slice(0, length)) < 0;
  }

  private void fail(IOException cause, String consequence) {
    if (!failed.getAndSet(true)) {
      outcome.failed(cause, consequence);
    }
  }

  private void end() {
    try (in;
        out) {
      if (skipped && !failed.get()) {
        out.extend(in.size());
      }
    } catch (IOException e) {
      fail(e, "; the copy may be incomplete");
    }
    if (failed.get()) {
      return;
    }
    try {
      outcome.done();
    } catch (IOException e) {
      fail(e, "");
    }
  }
}
