package dev.coterie.mounts.tmpfs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which page holds which part of one file: a radix tree over page indexes, 64 ways, without levels
 * that have one way only, so that a page alone at a far offset costs one leaf and at most one
 * branch. Drawn on the package's front page.
 *
 * <p>Concurrency: all fields, those of leaves and branches too, are guarded by the inode's
 * operation lock, shared to look and exclusive to change; {@link #count} is read without it too.
 */
final class PageTable {
  private static final int WAYS_SHIFT = 6;
  private static final int WAYS = 1 << WAYS_SHIFT;

  /** No page index of a file reaches this: offsets end at 2^63. */
  static final long INDEX_END = 1L << (63 - PageStore.PAGE_SHIFT);

  /** A part of the tree: the page indexes whose bits above {@code shift + 6} are {@code prefix}. */
  abstract static sealed class Block permits PageLeaf, Branch {
    /** Immutable. */
    final long prefix;

    /** 0 in a leaf; immutable. */
    final int shift;

    Block(long prefix, int shift) {
      this.prefix = prefix;
      this.shift = shift;
    }

    final boolean covers(long index) {
      return index >>> (shift + WAYS_SHIFT) == prefix;
    }

    /** The lowest page index covered. */
    final long first() {
      return prefix << (shift + WAYS_SHIFT);
    }
  }

  /** A part with parts of its own: two at least. */
  private static final class Branch extends Block {
    /** A bit for each way that leads somewhere. */
    private long present;

    /** Where those lead, in order; there may be room behind them. */
    private @Nullable Block[] children = new @Nullable Block[2];

    Branch(long prefix, int shift) {
      super(prefix, shift);
    }

    int way(long index) {
      return (int) (index >>> shift) & (WAYS - 1);
    }

    private int rank(int way) {
      return Long.bitCount(present & ~(-1L << way));
    }

    @Nullable Block child(int way) {
      return (present >>> way & 1) == 0 ? null : children[rank(way)];
    }

    /** The lowest way at or after this one that leads somewhere; -1 none. */
    int nextWay(int way) {
      long later = way >= WAYS ? 0 : present & -1L << way;
      return later == 0 ? -1 : Long.numberOfTrailingZeros(later);
    }

    void put(int way, Block child) {
      int rank = rank(way);
      if ((present >>> way & 1) == 0) {
        int count = Long.bitCount(present);
        if (count == children.length) {
          children = Arrays.copyOf(children, Math.min(WAYS, count * 2));
        }
        System.arraycopy(children, rank, children, rank + 1, count - rank);
        present |= 1L << way;
      }
      children[rank] = child;
    }

    void remove(int way) {
      int rank = rank(way);
      int count = Long.bitCount(present);
      System.arraycopy(children, rank + 1, children, rank, count - rank - 1);
      children[count - 1] = null;
      present &= ~(1L << way);
    }

    /** What may stand in this branch's place: nothing, its only child, or itself. */
    @Nullable Block reduced() {
      return Long.bitCount(present) > 1 ? this : present == 0 ? null : children[0];
    }
  }

  /** Everything; null in a file without pages. */
  private @Nullable Block root;

  /** Pages in the table. */
  private int count;

  /** Pages in the table. May be asked without a lock. */
  int count() {
    return count;
  }

  /** The leaf of this number (page index / 64), or null. */
  @Nullable PageLeaf leaf(long number) {
    long index = number << WAYS_SHIFT;
    Block block = root;
    while (block instanceof Branch branch) {
      block = branch.covers(index) ? branch.child(branch.way(index)) : null;
    }
    return block instanceof PageLeaf leaf && leaf.prefix == number ? leaf : null;
  }

  /** The first leaf of this number or a higher one, or null. */
  @Nullable PageLeaf leafFrom(long number) {
    return number >= INDEX_END >>> WAYS_SHIFT ? null : leafFrom(root, number << WAYS_SHIFT);
  }

  private static @Nullable PageLeaf leafFrom(@Nullable Block block, long index) {
    if (block == null || !block.covers(index) && block.first() < index) {
      return null;
    }
    if (block instanceof PageLeaf leaf) {
      return leaf;
    }
    Branch branch = (Branch) block;
    int way = branch.nextWay(branch.covers(index) ? branch.way(index) : 0);
    while (way >= 0) {
      PageLeaf found = leafFrom(branch.child(way), index);
      if (found != null) {
        return found;
      }
      way = branch.nextWay(way + 1);
    }
    return null;
  }

  /**
   * The leaf of this number, made when there is none. One that stays empty must be {@link #prune}d.
   */
  PageLeaf makeLeaf(long number) {
    PageLeaf leaf = leaf(number);
    if (leaf == null) {
      leaf = new PageLeaf(number);
      root = insert(root, leaf);
    }
    return leaf;
  }

  private static Block insert(@Nullable Block block, PageLeaf leaf) {
    if (block == null) {
      return leaf;
    }
    long index = leaf.first();
    if (block instanceof Branch branch && branch.covers(index)) {
      int way = branch.way(index);
      branch.put(way, insert(branch.child(way), leaf));
      return branch;
    }
    // The branch where the two part: at the highest bit in which they differ.
    int bit = Long.SIZE - 1 - Long.numberOfLeadingZeros(index ^ block.first());
    int shift = bit - bit % WAYS_SHIFT;
    Branch branch = new Branch(index >>> (shift + WAYS_SHIFT), shift);
    branch.put(branch.way(index), leaf);
    branch.put(branch.way(block.first()), block);
    return branch;
  }

  /** {@link PageLeaf#fill} of a leaf of this table. */
  int fill(PageLeaf leaf, int from, int to, PageSource source) {
    int before = leaf.count();
    try {
      return leaf.fill(from, to, source);
    } finally {
      count += leaf.count() - before;
    }
  }

  /** Removes this leaf if it is empty. */
  void prune(PageLeaf leaf, PageStore store) {
    if (leaf.isEmpty()) {
      cut(leaf.first(), leaf.first() + PageLeaf.SLOTS, store);
    }
  }

  /** Pages with an index in {@code [from, to)}. */
  long countIn(long from, long to) {
    long found = 0;
    PageLeaf leaf = leafFrom(from >>> WAYS_SHIFT);
    while (leaf != null && leaf.first() < to) {
      found += Long.bitCount(leaf.present() & slots(leaf, from, to));
      leaf = leafFrom(leaf.prefix + 1);
    }
    return found;
  }

  /** The slots of a leaf with an index in {@code [from, to)}, as bits. */
  private static long slots(PageLeaf leaf, long from, long to) {
    int low = Math.clamp(from - leaf.first(), 0, PageLeaf.SLOTS);
    int high = Math.clamp(to - leaf.first(), 0, PageLeaf.SLOTS);
    return low < high ? PageLeaf.bits(low, high) : 0;
  }

  /** Gives the pages with an index in {@code [from, to)} back. */
  void cut(long from, long to, PageStore store) {
    if (from < to) {
      root = cut(root, from, to, store);
    }
  }

  private @Nullable Block cut(@Nullable Block block, long from, long to, PageStore store) {
    if (block instanceof PageLeaf leaf) {
      int before = leaf.count();
      leaf.drop(slots(leaf, from, to), store);
      count -= before - leaf.count();
      return leaf.isEmpty() ? null : leaf;
    }
    if (!(block instanceof Branch branch)) {
      return null;
    }
    long end = branch.first() + (1L << (branch.shift + WAYS_SHIFT));
    if (to <= branch.first() || from >= end) {
      return branch;
    }
    int last = to >= end ? WAYS - 1 : branch.way(to - 1);
    int way = branch.nextWay(from <= branch.first() ? 0 : branch.way(from));
    while (way >= 0 && way <= last) {
      Block left = cut(branch.child(way), from, to, store);
      if (left == null) {
        branch.remove(way);
      } else {
        branch.put(way, left);
      }
      way = branch.nextWay(way + 1);
    }
    return branch.reduced();
  }
}
