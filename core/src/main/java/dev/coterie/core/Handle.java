package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.lock.LockOwner;
import dev.coterie.api.lock.LockTable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An open file description: an inode, flags and an offset, shared by all who refer to it (analogous
 * to Linux's struct file). References are the sessions' handles and the tokens not yet taken.
 */
sealed class Handle permits EventHandle, OutsideHandle, WatchHandle {
  private static final AtomicLong ORDER = new AtomicLong();

  final Inode inode; // immutable; counted on until the last reference goes
  private volatile int flags;
  final OpLock offsetLock = new OpLock(new InodeId(ORDER.incrementAndGet(), 0));
  private long offset; // guarded by offsetLock
  private final AtomicInteger references = new AtomicInteger(1);

  /**
   * @param inode with a reference that passes to the handle
   */
  Handle(Inode inode, int flags) {
    this.inode = inode;
    this.flags = flags;
    inode.opens.incrementAndGet();
  }

  int flags() {
    return flags;
  }

  boolean isAppending() {
    return (flags & OpenFlags.O_APPEND) != 0;
  }

  /** Replaces the flags that fcntl(F_SETFL) can change. */
  synchronized void setFlags(int mask, int bits) {
    flags = (flags & ~mask) | (bits & mask);
  }

  /** With {@link #offsetLock} held. */
  long offset() {
    return offset;
  }

  /** With {@link #offsetLock} held. */
  void moveTo(long newOffset) {
    offset = newOffset;
  }

  boolean tryGet() {
    for (int count = references.get(); count > 0; count = references.get()) {
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Gives a reference back; true if it was the last, and then the inode's must be given back too.
   */
  boolean putReference() {
    int left = references.decrementAndGet();
    assert left >= 0 : "handle given back twice: " + inode;
    return left == 0;
  }

  /** Its OFD and flock locks. */
  final LockOwner.OfHandle lockOwner = new LockOwner.OfHandle(this);

  /** The last reference is gone. No lock is held. */
  void end() {
    LockTable locks = inode.lockTable();
    if (locks != null) {
      locks.ended(lockOwner);
    }
  }
}
