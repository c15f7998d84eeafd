package dev.coterie.mounts.tmpfs;

import dev.coterie.api.Pieces;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The content of all files of one mount: pages of 4 KiB, outside the heap, out of slabs of 2 MiB.
 *
 * <p>Whoever took a page owns it until it is freed; a page's bytes are whatever its last owner
 * left. Lower slabs are filled first, so that the higher ones become wholly free and go back to the
 * system; one free slab is kept, so that a file that comes and goes does not map and unmap memory
 * each time.
 *
 * <p>Concurrency: any thread. Page numbers are handed out under {@code lock}; bytes are copied
 * without it, under the locks of the inodes that own the pages.
 */
final class PageStore implements PageSource, AutoCloseable {
  static final int PAGE_SHIFT = 12;
  static final int PAGE_BYTES = 1 << PAGE_SHIFT;
  static final int PAGE_MASK = PAGE_BYTES - 1;

  private static final int SLAB_SHIFT = 9;
  static final int SLAB_PAGES = 1 << SLAB_SHIFT;

  /** Most pages of one store: whole slabs, and page numbers are ints. */
  static final int PAGES_MAX = Integer.MAX_VALUE & -SLAB_PAGES;

  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(PAGE_BYTES).asReadOnlyBuffer();

  /** One piece of memory. */
  private static final class Slab {
    /** All of it; immutable, and used by absolute positions only. */
    private final ByteBuffer bytes;

    /** A bit for each page that is taken; guarded by {@code lock}. */
    private final long[] taken = new long[SLAB_PAGES / Long.SIZE];

    /** Pages that are not; guarded by {@code lock}. */
    private int free = SLAB_PAGES;

    Slab(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    /** Takes up to {@code count} pages, lowest first, and returns how many. */
    int take(int number, int[] pages, int from, int count) {
      int done = 0;
      for (int word = 0; word < taken.length && done < count; word++) {
        while (taken[word] != -1L && done < count) {
          int bit = Long.numberOfTrailingZeros(~taken[word]);
          taken[word] |= 1L << bit;
          pages[from + done++] = (number << SLAB_SHIFT) + (word << 6) + bit;
        }
      }
      free -= done;
      return done;
    }

    void free(int page) {
      int bit = page & (SLAB_PAGES - 1);
      assert (taken[bit >> 6] & 1L << bit) != 0 : "page " + page + " is freed twice";
      taken[bit >> 6] &= ~(1L << bit);
      free++;
    }
  }

  private final Object lock = new Object();

  /**
   * Held while memory is taken from the system or given back, which takes long; before {@code
   * lock}.
   */
  private final Object growth = new Object();

  /** Pages in all; immutable. */
  private final int limit;

  /** Slabs are opened and closed under {@code growth}. */
  private final SlabMemory memory;

  /**
   * By number; read without a lock. Entries change under {@code lock}, but not while a page of
   * theirs is taken.
   */
  private volatile @Nullable Slab[] slabs = new @Nullable Slab[4];

  /** Slabs to take pages from; guarded by {@code lock}. */
  private final BitSet open = new BitSet();

  /** No slab below this one is open; guarded by {@code lock}. */
  private int firstOpen;

  /** Open slabs that are wholly free, 0 or 1; guarded by {@code lock}. */
  private int spares;

  /** Slabs wholly free that are going back to the system; guarded by {@code lock}. */
  private final BitSet retired = new BitSet();

  /** Pages taken; guarded by {@code lock}. */
  private int used;

  /** Guarded by {@code lock}. */
  private boolean closed;

  PageStore(int limit) {
    this(limit, SlabMemory.ofSlabs((limit - 1 >> SLAB_SHIFT) + 1));
  }

  PageStore(int limit, SlabMemory memory) {
    assert limit > 0 && limit <= PAGES_MAX : limit;
    this.limit = limit;
    this.memory = memory;
  }

  int limit() {
    return limit;
  }

  int free() {
    synchronized (lock) {
      return limit - used;
    }
  }

  // ---- taking and freeing ----

  @Override
  public int take(int[] pages, int from, int count) {
    int done = 0;
    while (true) {
      synchronized (lock) {
        done += takeOpen(pages, from + done, count - done);
        if (done == count || used == limit) {
          return done;
        }
      }
      if (!grow()) {
        return done;
      }
    }
  }

  /** Fills the array with pages, or takes none and returns false. */
  boolean takeAll(int[] pages) {
    int done = take(pages, 0, pages.length);
    if (done < pages.length) {
      free(pages, 0, done);
      return false;
    }
    return true;
  }

  private int takeOpen(int[] pages, int from, int count) {
    assert !closed;
    int wanted = Math.min(count, limit - used);
    int done = 0;
    while (done < wanted) {
      int number = open.nextSetBit(firstOpen);
      if (number < 0) {
        break;
      }
      firstOpen = number;
      Slab slab = slab(number);
      spares -= slab.free == SLAB_PAGES ? 1 : 0;
      done += slab.take(number, pages, from + done, wanted - done);
      if (slab.free == 0) {
        open.clear(number);
      }
    }
    used += done;
    return done;
  }

  /**
   * Opens one more slab where there is need. False: the system has no memory, which is ENOSPC for
   * us.
   */
  private boolean grow() {
    synchronized (growth) {
      int number;
      synchronized (lock) {
        number = retired.nextSetBit(0);
        if (number >= 0) {
          retired.clear(number);
          open(number);
        }
        if (!open.isEmpty() || used == limit) {
          return true; // in the meantime another thread opened a slab, and perhaps used it up
        }
        number = unusedNumber();
        assert number <= limit - 1 >> SLAB_SHIFT : number;
      }
      ByteBuffer bytes = memory.open(number);
      if (bytes == null) {
        return false;
      }
      synchronized (lock) {
        slabs[number] = new Slab(bytes);
        open(number);
      }
      return true;
    }
  }

  private int unusedNumber() {
    @Nullable Slab[] now = slabs;
    int number = 0;
    while (number < now.length && now[number] != null) {
      number++;
    }
    if (number == now.length) {
      slabs = Arrays.copyOf(now, number * 2);
    }
    return number;
  }

  private void open(int number) {
    open.set(number);
    firstOpen = Math.min(firstOpen, number);
    spares++;
  }

  void free(int[] pages, int from, int count) {
    boolean shrinks;
    synchronized (lock) {
      for (int i = from; i < from + count; i++) {
        int number = pages[i] >> SLAB_SHIFT;
        Slab slab = slab(number);
        slab.free(pages[i]);
        if (slab.free == SLAB_PAGES && spares > 0) {
          open.clear(number);
          retired.set(number);
        } else {
          open.set(number);
          firstOpen = Math.min(firstOpen, number);
          spares += slab.free == SLAB_PAGES ? 1 : 0;
        }
      }
      used -= count;
      shrinks = !retired.isEmpty();
    }
    if (shrinks) {
      shrink();
    }
  }

  private void shrink() {
    synchronized (growth) {
      while (true) {
        int number;
        synchronized (lock) {
          number = retired.nextSetBit(0);
        }
        if (number < 0) {
          return;
        }
        // Nobody takes from it: it is not open, and reopening it needs the lock we hold.
        memory.close(number);
        synchronized (lock) {
          retired.clear(number);
          slabs[number] = null;
        }
      }
    }
  }

  private Slab slab(int number) {
    return Objects.requireNonNull(slabs[number], "page of a slab that is not there");
  }

  // ---- bytes ----
  // A count may reach into the following pages of the same slab: see adjacent().

  /** Whether {@code next} lies right behind {@code page}, so that one copy can span both. */
  static boolean adjacent(int page, int next) {
    return next == page + 1 && (next & (SLAB_PAGES - 1)) != 0;
  }

  void read(int page, int at, ByteBuffer destination, int position, int count) {
    destination.put(position, bytes(page), index(page, at), count);
  }

  void show(int page, int at, int count, Pieces pieces) {
    pieces.add(bytes(page).slice(index(page, at), count));
  }

  void write(int page, int at, ByteBuffer source, int position, int count) {
    bytes(page).put(index(page, at), source, position, count);
  }

  /** Zeroes bytes of one page. */
  void zero(int page, int at, int count) {
    bytes(page).put(index(page, at), ZEROS, 0, count);
  }

  void copy(int page, int at, int toPage, int toAt, int count) {
    bytes(toPage).put(index(toPage, toAt), bytes(page), index(page, at), count);
  }

  /** Puts zeros where a hole is read. */
  static void putZeros(ByteBuffer destination, int position, int count) {
    for (int done = 0; done < count; done += PAGE_BYTES) {
      destination.put(position + done, ZEROS, 0, Math.min(PAGE_BYTES, count - done));
    }
  }

  static void showZeros(int count, Pieces pieces) {
    for (int done = 0; done < count; done += PAGE_BYTES) {
      pieces.add(ZEROS.slice(0, Math.min(PAGE_BYTES, count - done)));
    }
  }

  private ByteBuffer bytes(int page) {
    return slab(page >> SLAB_SHIFT).bytes;
  }

  private static int index(int page, int at) {
    return ((page & (SLAB_PAGES - 1)) << PAGE_SHIFT) + at;
  }

  /**
   * Gives all memory back; whoever still reads gets an IllegalStateException, not foreign bytes.
   */
  @Override
  public void close() {
    synchronized (growth) {
      synchronized (lock) {
        if (closed) {
          return;
        }
        closed = true;
        open.clear();
      }
      memory.close();
    }
  }
}
