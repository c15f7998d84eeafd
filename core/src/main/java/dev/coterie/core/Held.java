package dev.coterie.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What ranked locks each thread holds, kept only under {@code -ea}: the methods are called from
 * {@code assert} statements.
 */
final class Held {
  private record Lock(LockRank rank, long order) {}

  private static final ThreadLocal<List<Lock>> LOCKS = ThreadLocal.withInitial(ArrayList::new);
  private static final AtomicLong TOTAL = new AtomicLong();

  private Held() {}

  /**
   * Notes that a lock is about to be taken; true if its rank (and within INODE its number) is above
   * all held.
   */
  static boolean take(LockRank rank, long order) {
    List<Lock> held = LOCKS.get();
    if (!held.isEmpty()) {
      Lock last = held.getLast();
      int byRank = rank.compareTo(last.rank());
      // Two parents may also be taken ancestor first, which their numbers do not show.
      boolean above =
          byRank > 0
              || (byRank == 0
                  && (rank == LockRank.PARENT || Long.compareUnsigned(order, last.order()) > 0));
      if (!above) {
        throw new AssertionError("lock order: " + rank + " " + order + " while holding " + held);
      }
    }
    held.add(new Lock(rank, order));
    TOTAL.incrementAndGet();
    return true;
  }

  /** Notes that a lock is no longer held. */
  static boolean drop(LockRank rank, long order) {
    boolean was = LOCKS.get().remove(new Lock(rank, order));
    TOTAL.decrementAndGet();
    return was;
  }

  /** Whether this thread holds none. */
  static boolean none() {
    return LOCKS.get().isEmpty();
  }

  /** Locks held by all threads now; always 0 without {@code -ea}. */
  static long total() {
    return TOTAL.get();
  }
}
