package dev.coterie.mounts.tmpfs;

import java.util.Arrays;

/**
 * Up to 64 neighbouring pages of a file, 256 KiB: which there are, and which of those were ever
 * written.
 *
 * <p>A page that is present but not written was allocated ahead: it counts as allocated, reads as
 * zeros whatever its bytes are, and is a hole to SEEK_DATA.
 */
final class PageLeaf extends PageTable.Block {
  static final int SLOTS = 64;
  static final int BYTES_SHIFT = 6 + PageStore.PAGE_SHIFT;
  static final int BYTES_MASK = (1 << BYTES_SHIFT) - 1;

  private static final int[] NONE = {};

  /** A bit for each slot that has a page. */
  private long present;

  /** A bit for each slot whose page was written; a part of {@code present}. */
  private long written;

  /** The pages of the slots that have one, in order; there may be room behind them. */
  private int[] pages = NONE;

  /** The leaf of pages {@code number * 64} and following of a file, still empty. */
  PageLeaf(long number) {
    super(number, 0);
  }

  /** Slots {@code [from, to)} as bits; at least one. */
  static long bits(int from, int to) {
    assert 0 <= from && from < to && to <= SLOTS : from + " " + to;
    return -1L << from & -1L >>> (SLOTS - to);
  }

  long present() {
    return present;
  }

  long written() {
    return written;
  }

  boolean isEmpty() {
    return present == 0;
  }

  int count() {
    return Long.bitCount(present);
  }

  boolean isPresent(int slot) {
    return (present >>> slot & 1) != 0;
  }

  boolean isWritten(int slot) {
    return (written >>> slot & 1) != 0;
  }

  /** The page of a slot that has one. */
  int page(int slot) {
    assert isPresent(slot) : slot;
    return pages[rank(slot)];
  }

  /** Pages before this slot. */
  private int rank(int slot) {
    return Long.bitCount(present & ~(-1L << slot));
  }

  /**
   * Where the run of pages that lie one behind the other in memory ends which begins at this slot,
   * which has a page.
   */
  int adjacentEnd(int slot) {
    return runEnd(slot, present);
  }

  /**
   * Where the run ends that begins at this slot: of written pages one behind the other in memory,
   * or of a hole.
   */
  int extentEnd(int slot) {
    if (isWritten(slot)) {
      return runEnd(slot, written);
    }
    long later = written & -1L << slot;
    return later == 0 ? SLOTS : Long.numberOfTrailingZeros(later);
  }

  private int runEnd(int slot, long within) {
    int rank = rank(slot);
    int end = slot + 1;
    while (end < SLOTS
        && (within >>> end & 1) != 0
        && PageStore.adjacent(pages[rank], pages[rank + 1])) {
      rank++;
      end++;
    }
    return end;
  }

  /**
   * Gives pages, not written yet, to those of the slots {@code [from, to)} that have none.
   *
   * @return the first slot that got none, as the source had no more; else {@code to}
   */
  int fill(int from, int to, PageSource source) {
    long missing = bits(from, to) & ~present;
    while (missing != 0) {
      int slot = Long.numberOfTrailingZeros(missing);
      int run = Math.min(Long.numberOfTrailingZeros(~(missing >>> slot)), SLOTS - slot);
      int got = insert(slot, run, source);
      if (got < run) {
        return slot + got;
      }
      missing &= ~bits(slot, slot + run);
    }
    return to;
  }

  private int insert(int slot, int run, PageSource source) {
    int count = count();
    int rank = rank(slot);
    if (count + run > pages.length) {
      int room = Math.max(count + run, Math.min(SLOTS, pages.length * 2));
      pages = Arrays.copyOf(pages, room);
    }
    System.arraycopy(pages, rank, pages, rank + run, count - rank);
    int got = source.take(pages, rank, run);
    if (got < run) {
      System.arraycopy(pages, rank + run, pages, rank + got, count - rank);
    }
    if (got > 0) {
      present |= bits(slot, slot + got);
    }
    return got;
  }

  void markWritten(long slots) {
    assert (slots & ~present) == 0;
    written |= slots;
  }

  /** Makes pages read as zeros. */
  void markUnwritten(long slots) {
    written &= ~slots;
  }

  /** Gives the pages of these slots back. */
  void drop(long slots, PageStore store) {
    long leaving = slots & present;
    while (leaving != 0) {
      int slot = Long.numberOfTrailingZeros(leaving);
      int run = Math.min(Long.numberOfTrailingZeros(~(leaving >>> slot)), SLOTS - slot);
      int rank = rank(slot);
      int count = count();
      store.free(pages, rank, run);
      System.arraycopy(pages, rank + run, pages, rank, count - rank - run);
      long gone = bits(slot, slot + run);
      present &= ~gone;
      written &= ~gone;
      leaving &= ~gone;
    }
    if (count() <= pages.length / 4) {
      pages = Arrays.copyOf(pages, count());
    }
  }
}
