package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What was learned of an inode under one grant of a lease, since the last own change of it. An own
 * change does not alter a copy, it puts an empty one in its place; so whoever finds the same copy
 * before and after knows that nothing has changed.
 */
final class Copy {
  /** Blocks kept of one file, from its beginning. */
  private static final int BLOCKS = 1 << 18;

  /** Names kept of one directory. */
  private static final int NAMES = 4096;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(Page[].class);

  /**
   * Attributes.
   *
   * @param epoch of {@link Keeper#epoch}, when they were asked for
   */
  record Known(Stat stat, int epoch) {}

  /**
   * What a name was answered with.
   *
   * @param who asked; others may not be allowed to
   * @param child null: there is no such name
   * @param next the same name, for others
   */
  record Entry(Caller who, @Nullable Node child, @Nullable Entry next) {}

  final int seq; // immutable
  boolean exclusive; // guarded by the node: nobody else has a copy, so changes may be kept back
  boolean rest; // guarded by the node: it was that, until another looked
  final ConcurrentHashMap<Name, Entry> names = new ConcurrentHashMap<>(1);
  final Listing listing = new Listing(); // immutable: empty unless the lease is one on names
  private volatile @Nullable Known known; // atomic
  private volatile long size = -1; // atomic; unknown until the first attributes
  private volatile @Nullable Page[] pages = {}; // grown under this; elements by ELEMENT
  private volatile @Nullable Caller searcher; // atomic; see searchedBy
  private boolean dropped; // guarded by this

  Copy(int seq, boolean exclusive) {
    this.seq = seq;
    this.exclusive = exclusive;
  }

  /** An empty one under the same grant. */
  Copy next() {
    Copy next = new Copy(seq, exclusive);
    next.rest = rest;
    return next;
  }

  // ---- attributes ----

  @Nullable Known known() {
    return known;
  }

  void know(Stat stat, int epoch) {
    known = new Known(stat, epoch);
    size = stat.size();
  }

  /** The size alone, which own writes left. */
  void knowSize(long bytes) {
    size = bytes;
  }

  /** Our own reading has marked the access time. */
  void forgetTimes() {
    if (known != null) {
      known = null;
    }
  }

  /** In bytes; -1: not known. */
  long size() {
    return size;
  }

  // ---- content ----

  /** Null: not there. */
  @Nullable Page page(long block) {
    @Nullable Page[] all = pages;
    return block < all.length ? (Page) ELEMENT.getAcquire(all, (int) block) : null;
  }

  /** Keeps the whole blocks among what was read, and the last of the file. */
  void fill(PagePool pool, long offset, ByteBuffer bytes, int index, int length) {
    long first = (offset + PagePool.BLOCK - 1) / PagePool.BLOCK;
    long end = offset + length;
    for (long block = first; block < BLOCKS; block++) {
      long from = block * PagePool.BLOCK;
      long to = Math.min(from + PagePool.BLOCK, size);
      if (from >= to || to > end) {
        return;
      }
      keep(pool, (int) block, pool.put(bytes, index + (int) (from - offset), (int) (to - from)));
    }
  }

  private synchronized void keep(PagePool pool, int block, Page page) {
    if (dropped) {
      pool.giveBack(page);
      return;
    }
    if (block >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(block + 1, Math.min(2 * pages.length, BLOCKS)));
    }
    Page former = pages[block];
    ELEMENT.setRelease(pages, block, page);
    if (former != null) {
      pool.giveBack(former);
    }
  }

  // ---- names ----

  /** Null: not known. */
  @Nullable Entry entry(Caller caller, Name name) {
    Entry entry = names.get(name);
    while (entry != null && !entry.who().sameIdentity(caller)) {
      entry = entry.next();
    }
    return entry;
  }

  /**
   * Keeps a name; the child is to be pinned before.
   *
   * @return false: not kept
   */
  synchronized boolean name(Caller caller, Name name, @Nullable Node child) {
    if (dropped || names.size() >= NAMES || entry(caller, name) != null) {
      return false;
    }
    names.put(name, new Entry(caller, child, names.get(name)));
    return true;
  }

  /** Somebody has looked up a name in this directory, and so was allowed to. */
  void searchedBy(Caller caller) {
    Caller last = searcher;
    if (last == null || !last.sameIdentity(caller)) {
      searcher = caller;
    }
  }

  /** Whether that was this one, as the last of all; others may be allowed to, or not. */
  boolean wasSearchedBy(Caller caller) {
    Caller last = searcher;
    return last != null && last.sameIdentity(caller);
  }

  // ---- the end ----

  /** Frees what it holds, once it is in no node; answers its names, whose children are pinned. */
  List<Entry> drop(PagePool pool) {
    @Nullable Page[] blocks;
    Collection<Entry> entries;
    synchronized (this) {
      dropped = true;
      blocks = pages;
      entries = names.values();
    }
    for (Page page : blocks) {
      if (page != null) {
        pool.giveBack(page);
      }
    }
    List<Entry> all = new ArrayList<>();
    for (Entry first : entries) {
      for (Entry entry = first; entry != null; entry = entry.next()) {
        all.add(entry);
      }
    }
    return all;
  }
}
