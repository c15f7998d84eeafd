package dev.coterie.core;

import java.util.concurrent.locks.StampedLock;

/**
 * The operation lock of an inode: shared for a query, alone for a change, and optimistic for
 * lookups, which write nothing to it and so do not meet on the cache line of a common directory.
 */
final class OpLock {
  private final StampedLock lock = new StampedLock();
  private final long order;

  /**
   * @param order among locks of one rank, ascending
   */
  OpLock(long order) {
    this.order = order;
  }

  long read(LockRank rank) {
    assert Held.take(rank, order);
    return lock.readLock();
  }

  long write(LockRank rank) {
    assert Held.take(rank, order);
    return lock.writeLock();
  }

  void unlock(LockRank rank, long stamp) {
    lock.unlock(stamp);
    assert Held.drop(rank, order);
  }

  /** A stamp to {@link #validate} later, or 0 when a change is under way. */
  long optimistic() {
    return lock.tryOptimisticRead();
  }

  /** Whether nothing changed since the stamp was taken. */
  boolean validate(long stamp) {
    return lock.validate(stamp);
  }
}
