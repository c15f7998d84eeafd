package dev.coterie.core;

import dev.coterie.api.InodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What ranked locks each thread holds, kept only under {@code -ea}: the methods are called from
 * {@code assert} statements.
 */
final class Held {
  private record Lock(LockRank rank, InodeId place) {}

  private static final ThreadLocal<List<Lock>> LOCKS = ThreadLocal.withInitial(ArrayList::new);
  private static final AtomicLong TOTAL = new AtomicLong();

  private Held() {}

  /**
   * Notes that a lock is about to be waited for; true if its rank, and within INODE its place, is
   * above all held.
   */
  static boolean take(LockRank rank, InodeId place) {
    for (Lock held : LOCKS.get()) {
      int byRank = rank.compareTo(held.rank());
      // Two parents may also be taken ancestor first, which their numbers do not show.
      boolean above =
          byRank > 0
              || (byRank == 0 && (rank == LockRank.PARENT || place.compareTo(held.place()) > 0));
      if (!above) {
        throw new AssertionError(
            "lock order: " + rank + " " + place + " while holding " + LOCKS.get());
      }
    }
    return taken(rank, place);
  }

  /** Notes that a lock was taken without waiting, which cannot close a ring. */
  static boolean taken(LockRank rank, InodeId place) {
    LOCKS.get().add(new Lock(rank, place));
    TOTAL.incrementAndGet();
    return true;
  }

  /** Notes that a lock is no longer held. */
  static boolean drop(LockRank rank, InodeId place) {
    boolean was = LOCKS.get().remove(new Lock(rank, place));
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
