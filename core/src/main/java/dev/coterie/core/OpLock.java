package dev.coterie.core;

import dev.coterie.api.InodeId;
import java.util.concurrent.locks.StampedLock;

/**
 * The operation lock of an inode: shared for a query, alone for a change, and optimistic for
 * lookups, which write nothing to it and so do not meet on the cache line of a common directory.
 */
final class OpLock {
  private final StampedLock lock = new StampedLock();
  private final InodeId place;

  /**
   * @param place among locks of one rank, ascending: that of the inode
   */
  OpLock(InodeId place) {
    this.place = place;
  }

  long read(LockRank rank) {
    assert Held.take(rank, place);
    return lock.readLock();
  }

  long write(LockRank rank) {
    assert Held.take(rank, place);
    return lock.writeLock();
  }

  /** As {@link #read} without waiting, and so in any order; 0: a change is under way. */
  long tryRead(LockRank rank) {
    return noted(rank, lock.tryReadLock());
  }

  /** As {@link #write} without waiting, and so in any order; 0: others are at work. */
  long tryWrite(LockRank rank) {
    return noted(rank, lock.tryWriteLock());
  }

  private long noted(LockRank rank, long stamp) {
    assert stamp == 0 || Held.taken(rank, place);
    return stamp;
  }

  void unlock(LockRank rank, long stamp) {
    lock.unlock(stamp);
    assert Held.drop(rank, place);
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
