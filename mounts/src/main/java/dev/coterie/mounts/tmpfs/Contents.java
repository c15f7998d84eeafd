package dev.coterie.mounts.tmpfs;

import static dev.coterie.mounts.tmpfs.PageStore.PAGE_BYTES;
import static dev.coterie.mounts.tmpfs.PageStore.PAGE_MASK;
import static dev.coterie.mounts.tmpfs.PageStore.PAGE_SHIFT;

import dev.coterie.api.Pieces;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Reads and changes the content of files: bytes at offsets, on top of a {@link PageTable} and the
 * {@link PageStore}.
 *
 * <p>Kept true for every file: a written page holds zeros where nothing was written and behind the
 * end of the file, and no page behind the end is a written one. So a file that grows needs no
 * zeroing.
 *
 * <p>Concurrency: the lock of the inode whose table is given, shared to read and exclusive to
 * change.
 */
final class Contents {
  /** Immutable. */
  private final PageStore store;

  Contents(PageStore store) {
    this.store = store;
  }

  // ---- reading ----

  /** Reads {@code count} bytes, all before the end of the file, and moves the buffer's position. */
  void read(PageTable table, long offset, ByteBuffer destination, int count) {
    int position = destination.position();
    int done = 0;
    while (done < count) {
      long at = offset + done;
      int inLeaf = (int) (at & PageLeaf.BYTES_MASK);
      int n = Math.min(count - done, (1 << PageLeaf.BYTES_SHIFT) - inLeaf);
      PageLeaf leaf = table.leaf(at >>> PageLeaf.BYTES_SHIFT);
      if (leaf == null) {
        PageStore.putZeros(destination, position + done, n);
      } else {
        readLeaf(leaf, inLeaf, destination, position + done, n);
      }
      done += n;
    }
    destination.position(position + count);
  }

  private void readLeaf(PageLeaf leaf, int from, ByteBuffer destination, int position, int count) {
    int end = from + count;
    int at = from;
    while (at < end) {
      int slot = at >> PAGE_SHIFT;
      int stop = Math.min(end, leaf.extentEnd(slot) << PAGE_SHIFT);
      int target = position + at - from;
      if (leaf.isWritten(slot)) {
        store.read(leaf.page(slot), at & PAGE_MASK, destination, target, stop - at);
      } else {
        PageStore.putZeros(destination, target, stop - at);
      }
      at = stop;
    }
  }

  /** Adds {@code count} bytes, all before the end of the file, as they lie. */
  void show(PageTable table, long offset, int count, Pieces pieces) {
    long at = offset;
    long end = offset + count;
    while (at < end) {
      int inLeaf = (int) (at & PageLeaf.BYTES_MASK);
      int n = (int) Math.min(end - at, (1 << PageLeaf.BYTES_SHIFT) - inLeaf);
      PageLeaf leaf = table.leaf(at >>> PageLeaf.BYTES_SHIFT);
      if (leaf == null) {
        PageStore.showZeros(n, pieces);
      } else {
        showLeaf(leaf, inLeaf, inLeaf + n, pieces);
      }
      at += n;
    }
  }

  private void showLeaf(PageLeaf leaf, int from, int end, Pieces pieces) {
    int at = from;
    while (at < end) {
      int slot = at >> PAGE_SHIFT;
      int stop = Math.min(end, leaf.extentEnd(slot) << PAGE_SHIFT);
      if (leaf.isWritten(slot)) {
        store.show(leaf.page(slot), at & PAGE_MASK, stop - at, pieces);
      } else {
        PageStore.showZeros(stop - at, pieces);
      }
      at = stop;
    }
  }

  /** The first offset at or after {@code offset} with data; -1 none. */
  long seekData(PageTable table, long offset) {
    long index = offset >>> PAGE_SHIFT;
    long number = index / PageLeaf.SLOTS;
    PageLeaf leaf = table.leafFrom(number);
    while (leaf != null) {
      int slot = leaf.prefix == number ? (int) (index % PageLeaf.SLOTS) : 0;
      long data = leaf.written() & -1L << slot;
      if (data != 0) {
        long found = leaf.first() + Long.numberOfTrailingZeros(data) << PAGE_SHIFT;
        return Math.max(offset, found);
      }
      leaf = table.leafFrom(leaf.prefix + 1);
    }
    return -1;
  }

  /**
   * The first offset at or after {@code offset} in a hole; {@code size} when there is none before
   * it.
   */
  long seekHole(PageTable table, long offset, long size) {
    long index = offset >>> PAGE_SHIFT;
    long last = size - 1 >>> PAGE_SHIFT;
    while (index <= last) {
      PageLeaf leaf = table.leaf(index / PageLeaf.SLOTS);
      int slot = (int) (index % PageLeaf.SLOTS);
      long hole = (leaf == null ? -1L : ~leaf.written()) & -1L << slot;
      if (hole != 0) {
        index += Long.numberOfTrailingZeros(hole) - slot;
        return index > last ? size : Math.max(offset, index << PAGE_SHIFT);
      }
      index += PageLeaf.SLOTS - slot;
    }
    return size;
  }

  // ---- writing ----

  /**
   * Writes up to {@code count} bytes and moves the buffer's position; fewer when there is no more
   * space.
   */
  int write(PageTable table, long offset, ByteBuffer source, int count) {
    int position = source.position();
    int done = 0;
    while (done < count) {
      long at = offset + done;
      int inLeaf = (int) (at & PageLeaf.BYTES_MASK);
      int n = Math.min(count - done, (1 << PageLeaf.BYTES_SHIFT) - inLeaf);
      int written = writeLeaf(table, at, source, position + done, n);
      done += written;
      if (written < n) {
        break;
      }
    }
    source.position(position + done);
    return done;
  }

  private int writeLeaf(PageTable table, long offset, ByteBuffer source, int position, int count) {
    PageLeaf leaf = table.makeLeaf(offset >>> PageLeaf.BYTES_SHIFT);
    int from = (int) (offset & PageLeaf.BYTES_MASK);
    int end = room(table, leaf, from, from + count);
    int at = from;
    while (at < end) {
      int slot = at >> PAGE_SHIFT;
      int stop = Math.min(end, leaf.adjacentEnd(slot) << PAGE_SHIFT);
      clearAround(leaf, at, stop);
      store.write(leaf.page(slot), at & PAGE_MASK, source, position + at - from, stop - at);
      leaf.markWritten(PageLeaf.bits(slot, (stop - 1 >> PAGE_SHIFT) + 1));
      at = stop;
    }
    return at - from;
  }

  /**
   * Gives pages to bytes {@code [from, end)} of a leaf; where it had to stop, {@code from} if at
   * once.
   */
  private int room(PageTable table, PageLeaf leaf, int from, int end) {
    int to = (end - 1 >> PAGE_SHIFT) + 1;
    int filled = table.fill(leaf, from >> PAGE_SHIFT, to, store);
    table.prune(leaf, store);
    return filled == to ? end : Math.max(from, filled << PAGE_SHIFT);
  }

  /**
   * Before bytes {@code [from, end)} of a leaf become written: zeroes the rest of pages that were
   * not.
   */
  private void clearAround(PageLeaf leaf, int from, int end) {
    int first = from >> PAGE_SHIFT;
    int before = from & PAGE_MASK;
    if (before != 0 && !leaf.isWritten(first)) {
      store.zero(leaf.page(first), 0, before);
    }
    int last = end - 1 >> PAGE_SHIFT;
    int behind = end & PAGE_MASK;
    if (behind != 0 && !leaf.isWritten(last)) {
      store.zero(leaf.page(last), behind, PAGE_BYTES - behind);
    }
  }

  // ---- ranges ----

  /** Makes a hole of bytes {@code [from, to)}. */
  void punch(PageTable table, long from, long to) {
    long first = firstWhole(from);
    long last = to >>> PAGE_SHIFT;
    clearEdges(table, from, to);
    table.cut(first, last, store);
  }

  /**
   * Frees everything from the page after {@code size} on, and zeroes the rest of the page it lies
   * in.
   */
  void truncate(PageTable table, long size) {
    long first = firstWhole(size);
    if ((size & PAGE_MASK) != 0) {
      clear(table, size >>> PAGE_SHIFT, (int) (size & PAGE_MASK), PAGE_BYTES);
    }
    table.cut(first, PageTable.INDEX_END, store);
  }

  /** Gives bytes {@code [from, to)} pages, or returns false and has changed nothing. */
  boolean allocate(PageTable table, long from, long to) {
    long first = from >>> PAGE_SHIFT;
    long end = (to - 1 >>> PAGE_SHIFT) + 1;
    long missing = end - first - table.countIn(first, end);
    if (missing == 0) {
      return true;
    }
    if (missing > store.free()) {
      return false;
    }
    // All are taken before the first is used: the way back is short then.
    int[] pages = new int[(int) missing];
    if (!store.takeAll(pages)) {
      return false;
    }
    PageSource taken = new Taken(pages);
    long index = first;
    while (index < end) {
      PageLeaf leaf = table.makeLeaf(index / PageLeaf.SLOTS);
      int slot = (int) (index % PageLeaf.SLOTS);
      int stop = (int) Math.min(PageLeaf.SLOTS, slot + end - index);
      int filled = table.fill(leaf, slot, stop, taken);
      assert filled == stop;
      index += stop - slot;
    }
    return true;
  }

  /** Pages taken before, handed out in order. */
  private static final class Taken implements PageSource {
    private final int[] taken;
    private int next;

    Taken(int[] taken) {
      this.taken = taken;
    }

    @Override
    public int take(int[] pages, int from, int count) {
      System.arraycopy(taken, next, pages, from, count);
      next += count;
      return count;
    }
  }

  /**
   * Gives bytes {@code [from, to)} pages that read as zeros, or returns false and has changed
   * nothing.
   */
  boolean zero(PageTable table, long from, long to) {
    if (!allocate(table, from, to)) {
      return false;
    }
    clearEdges(table, from, to);
    long index = firstWhole(from);
    long end = to >>> PAGE_SHIFT;
    while (index < end) {
      PageLeaf leaf = Objects.requireNonNull(table.leaf(index / PageLeaf.SLOTS));
      int slot = (int) (index % PageLeaf.SLOTS);
      int stop = (int) Math.min(PageLeaf.SLOTS, slot + end - index);
      leaf.markUnwritten(PageLeaf.bits(slot, stop));
      index += stop - slot;
    }
    return true;
  }

  /**
   * Copies up to {@code count} bytes, all before the source's end; holes stay holes. Fewer when
   * there is no more space.
   */
  long copy(PageTable from, long fromOffset, PageTable to, long offset, long count) {
    long done = 0;
    while (done < count) {
      long at = fromOffset + done;
      long data = seekData(from, at);
      long hole = data < 0 ? count - done : Math.min(count - done, data - at);
      if (hole > 0) {
        punch(to, offset + done, offset + done + hole);
        done += hole;
      } else {
        int copied = copyInPage(from, at, to, offset + done, count - done);
        if (copied == 0) {
          break;
        }
        done += copied;
      }
    }
    return done;
  }

  /** Copies as much as lies in one page on either side, of data. */
  private int copyInPage(PageTable from, long at, PageTable to, long toAt, long count) {
    int inPage = (int) (at & PAGE_MASK);
    int n = (int) Math.min(count, PAGE_BYTES - Math.max(inPage, (int) (toAt & PAGE_MASK)));
    PageLeaf target = to.makeLeaf(toAt >>> PageLeaf.BYTES_SHIFT);
    int start = (int) (toAt & PageLeaf.BYTES_MASK);
    if (room(to, target, start, start + n) == start) {
      return 0;
    }
    // Looked up only now: room may have moved what lies in the same table.
    PageLeaf source = Objects.requireNonNull(from.leaf(at >>> PageLeaf.BYTES_SHIFT));
    int page = source.page(slot(at));
    int slot = start >> PAGE_SHIFT;
    clearAround(target, start, start + n);
    store.copy(page, inPage, target.page(slot), start & PAGE_MASK, n);
    target.markWritten(PageLeaf.bits(slot, slot + 1));
    return n;
  }

  // ---- parts of pages ----

  private static int slot(long offset) {
    return (int) (offset >>> PAGE_SHIFT) & (PageLeaf.SLOTS - 1);
  }

  /** The index of the first page that begins at or after this offset. */
  private static long firstWhole(long offset) {
    return (offset >>> PAGE_SHIFT) + ((offset & PAGE_MASK) == 0 ? 0 : 1);
  }

  /** Zeroes those bytes of {@code [from, to)} that are parts of pages. */
  private void clearEdges(PageTable table, long from, long to) {
    long first = from >>> PAGE_SHIFT;
    long last = to >>> PAGE_SHIFT;
    int start = (int) (from & PAGE_MASK);
    int stop = (int) (to & PAGE_MASK);
    if (first == last) {
      clear(table, first, start, stop);
      return;
    }
    if (start != 0) {
      clear(table, first, start, PAGE_BYTES);
    }
    clear(table, last, 0, stop);
  }

  /** Zeroes bytes of one page, if it holds any. */
  private void clear(PageTable table, long index, int from, int to) {
    PageLeaf leaf = table.leaf(index / PageLeaf.SLOTS);
    int slot = (int) (index % PageLeaf.SLOTS);
    if (from < to && leaf != null && leaf.isWritten(slot)) {
      store.zero(leaf.page(slot), from, to - from);
    }
  }
}
