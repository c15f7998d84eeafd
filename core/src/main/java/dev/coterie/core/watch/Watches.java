package dev.coterie.core.watch;

import dev.coterie.api.Change;
import dev.coterie.api.InodeId;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** All watches of a tree on inodes that the tree itself changes. */
public final class Watches {
  private final ConcurrentHashMap<InodeId, List<Watch>> byInode = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<WatchQueue> ready = new ConcurrentLinkedQueue<>();
  private final int[] counts = new int[Integer.SIZE]; // guarded by this; watches by bit of the mask
  private volatile int interest; // written under this
  private final AtomicInteger cookies = new AtomicInteger(Integer.MIN_VALUE);

  /**
   * All kinds that anybody watches, and {@link Change#RECURSIVE} if anybody does. 0: nobody watches
   * anything, and there is nothing to do.
   */
  public int interest() {
    return interest;
  }

  /** What watches an inode. */
  public List<Watch> of(InodeId id) {
    return byInode.getOrDefault(id, List.of());
  }

  /** Another for each move. The kernel's own begin at the other end, so they never meet. */
  public int nextCookie() {
    return cookies.incrementAndGet();
  }

  /** Tells those who wait at a queue to which something was added. The thread holds no lock. */
  public void wake() {
    for (WatchQueue queue = ready.poll(); queue != null; queue = ready.poll()) {
      queue.serve();
    }
  }

  /** Has {@link #wake} look at a queue. May be called with any lock held. */
  void ready(WatchQueue queue) {
    ready.add(queue);
  }

  // ---- called under the queue's monitor ----

  void add(Watch watch) {
    byInode.merge(watch.id(), List.of(watch), Watches::joined);
    count(watch.mask, 1);
  }

  void remove(Watch watch) {
    byInode.computeIfPresent(watch.id(), (id, all) -> without(all, watch));
    count(watch.mask, -1);
  }

  void change(Watch watch, int mask) {
    int before = watch.mask;
    count(mask, 1);
    watch.mask = mask;
    count(before, -1);
  }

  private static List<Watch> joined(List<Watch> all, List<Watch> more) {
    Watch[] joined = Arrays.copyOf(all.toArray(Watch[]::new), all.size() + 1);
    joined[all.size()] = more.getFirst();
    return List.of(joined);
  }

  @SuppressWarnings("NullAway") // null takes the entry away
  private static List<Watch> without(List<Watch> all, Watch gone) {
    List<Watch> rest = all.stream().filter(watch -> !watch.equals(gone)).toList();
    return rest.isEmpty() ? null : rest;
  }

  private synchronized void count(int mask, int more) {
    int all = 0;
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      counts[bit] += (mask >>> bit & 1) * more;
      all |= counts[bit] > 0 ? 1 << bit : 0;
    }
    interest = all & (Change.ALL_KINDS | Change.RECURSIVE);
  }

  public int size() {
    return byInode.values().stream().mapToInt(List::size).sum();
  }
}
