package dev.coterie.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The operation locks of all inodes one operation on an outside mount works on, taken in the order
 * of their numbers: which directory holds which can be changed by others at any moment, so it gives
 * no order. What is found out only under a lock is locked too if that needs no waiting; if it does,
 * the operation lets all go, waits for the whole set in order and looks again.
 */
final class OutsideLocks implements AutoCloseable {
  /** An inode to be locked, alone or shared. */
  record Wanted(OutsideInode inode, boolean alone) {
    static Wanted shared(OutsideInode inode) {
      return new Wanted(inode, false);
    }

    static Wanted alone(OutsideInode inode) {
      return new Wanted(inode, true);
    }
  }

  private record Taken(OutsideInode inode, boolean alone, long stamp) {}

  private final List<Taken> taken = new ArrayList<>(4);

  private OutsideLocks() {}

  /** Waits for all. */
  static OutsideLocks waitFor(List<Wanted> wanted) {
    List<Wanted> ordered = new ArrayList<>(wanted);
    // Where one inode is wanted twice, alone comes first and the other is satisfied by it.
    ordered.sort(
        Comparator.comparing((Wanted w) -> w.inode().id())
            .thenComparingInt(w -> w.alone() ? 0 : 1));
    OutsideLocks locks = new OutsideLocks();
    for (Wanted want : ordered) {
      if (!locks.has(want)) {
        OpLock lock = want.inode().opLock;
        long stamp = want.alone() ? lock.write(LockRank.INODE) : lock.read(LockRank.INODE);
        locks.taken.add(new Taken(want.inode(), want.alone(), stamp));
      }
    }
    return locks;
  }

  static OutsideLocks waitFor(Wanted... wanted) {
    return waitFor(List.of(wanted));
  }

  /** Takes one more without waiting; false if that cannot be. */
  boolean tryAlso(Wanted want) {
    if (has(want)) {
      return true;
    }
    OpLock lock = want.inode().opLock;
    long stamp = want.alone() ? lock.tryWrite(LockRank.INODE) : lock.tryRead(LockRank.INODE);
    if (stamp != 0) {
      taken.add(new Taken(want.inode(), want.alone(), stamp));
    }
    return stamp != 0;
  }

  /** Whether a lock that was taken does for this. */
  boolean has(Wanted want) {
    for (Taken lock : taken) {
      if (lock.inode() == want.inode() && (lock.alone() || !want.alone())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    for (Taken lock : taken.reversed()) {
      lock.inode().opLock.unlock(LockRank.INODE, lock.stamp());
    }
    taken.clear();
  }
}
