package dev.coterie.check.history;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The content of shared files: cells of 16 bytes, each of which says which write put it there.
 *
 * <pre>
 *  0        8        16
 *  +--------+--------+
 *  | stamp  | check  |
 *  +--------+--------+
 *  stamp: process + 1 (12 bits) · thread (12) · sequence (32) · cell of the write (8)
 *  check: a function of the stamp, so that a cell made of two writes is seen
 * </pre>
 *
 * A cell of zeros is a hole.
 */
final class Stamp {
  private Stamp() {}

  static final int CELL_BYTES = 16;

  /** Cells in one write, and in one file as far as the workload goes. */
  static final int CELLS_MAX = 256;

  static final long HOLE = 0;

  /** Stands for a cell that no single write can have made. */
  static final long TORN = -1;

  private static final int ID_MAX = 0x7FE;

  /** The stamp of a write's first cell; that of cell {@code i} is {@code i} more. */
  static long of(int process, int thread, int sequence) {
    if (process < 0 || process > ID_MAX || thread < 0 || thread > ID_MAX) {
      throw new IllegalArgumentException("process " + process + ", thread " + thread);
    }
    return (process + 1L) << 52 | (long) thread << 40 | (sequence & 0xFFFFFFFFL) << 8;
  }

  static int process(long stamp) {
    return (int) (stamp >>> 52) - 1;
  }

  static int thread(long stamp) {
    return (int) (stamp >>> 40) & 0xFFF;
  }

  static int sequence(long stamp) {
    return (int) (stamp >>> 8);
  }

  static int cell(long stamp) {
    return (int) stamp & 0xFF;
  }

  /** The stamp of the first cell of the write that this cell belongs to. */
  static long write(long stamp) {
    return stamp & ~0xFFL;
  }

  /** Fills the buffer from its start with the cells of one write and flips it. */
  static void fill(ByteBuffer buffer, long stamp, int cells) {
    buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < cells; i++) {
      buffer.putLong(stamp + i).putLong(check(stamp + i));
    }
    buffer.flip();
  }

  /** The stamp of a cell that was read, {@link #HOLE} or {@link #TORN}. */
  static long decode(long stamp, long check) {
    if (stamp == HOLE && check == 0) {
      return HOLE;
    }
    return stamp > 0 && check == check(stamp) ? stamp : TORN;
  }

  /**
   * Mixes all bits into all bits (the finaliser of SplitMix64), so that halves of two cells never
   * fit.
   */
  private static long check(long stamp) {
    long z = stamp + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  static String describe(long stamp) {
    if (stamp == HOLE) {
      return "0";
    }
    if (stamp == TORN) {
      return "torn";
    }
    return "P%d/T%02d#%d.%d".formatted(process(stamp), thread(stamp), sequence(stamp), cell(stamp));
  }
}
