package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Mode;
import dev.coterie.api.lock.LockTable;
import dev.coterie.api.lock.Locks;
import dev.coterie.core.event.Pipe;
import dev.coterie.core.lease.LeaseConflict;
import dev.coterie.core.lease.LeaseTable;
import dev.coterie.core.spi.Node;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A file as the core knows it: its mount's node, its operation lock, and who counts on it. There is
 * at most one live {@code Inode} per identity (analogous to Linux's struct inode in the inode
 * hash).
 */
abstract sealed class Inode permits InsideInode, OutsideInode {
  /** Value of {@link #references} once buried: nobody can take a reference any more. */
  private static final int DEAD = Integer.MIN_VALUE;

  final MountPoint mountPoint; // immutable
  final OpLock opLock; // immutable
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile @Nullable MountPoint covering; // set once, before the tree is served

  /** Open handles of it. */
  final AtomicInteger opens = new AtomicInteger();

  private volatile @Nullable LockTable lockTable; // set once, by the first who locks

  private volatile @Nullable LeaseTable lockLeases; // set once, by the first who wants one

  private volatile @Nullable LeaseTable leaseTable; // set once, by the first who wants a lease

  private volatile @Nullable LeaseTable namesTable; // set once, by the first who wants its names

  private @Nullable Pipe pipe; // guarded by this; set once, by the first who opens it as a FIFO

  /** With one reference, the maker's. */
  Inode(InodeId id, MountPoint mountPoint) {
    this.mountPoint = mountPoint;
    this.opLock = new OpLock(id);
  }

  /** What the mount knows it as. */
  abstract Node node();

  InodeId id() {
    return node().id();
  }

  boolean isDirectory() {
    return node().type() == Mode.S_IFDIR;
  }

  void requireDirectory() throws ErrnoException {
    if (!isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  /** ESTALE when the inode was buried between finding it and locking it. */
  void requireLive() throws ErrnoException {
    if (isDead()) {
      throw new ErrnoException(Errno.ESTALE);
    }
  }

  void requireWritable() throws ErrnoException {
    if (mountPoint.mount().readOnly()) {
      throw new ErrnoException(Errno.EROFS);
    }
  }

  /** The mount grafted onto this directory, if any. */
  @Nullable MountPoint covering() {
    return covering;
  }

  void cover(MountPoint mounted) {
    covering = mounted;
  }

  /** Its locks; null while nobody has ever locked it. */
  @Nullable LockTable lockTable() {
    return lockTable;
  }

  synchronized LockTable lockTable(Locks tree) {
    LockTable table = lockTable;
    if (table == null) {
      table = new LockTable(tree);
      lockTable = table;
    }
    return table;
  }

  /** To whom its lock table is lent. */
  synchronized LeaseTable lockLeases(LeaseTable.Clock clock) {
    LeaseTable table = lockLeases;
    if (table == null) {
      table = new LeaseTable(id(), LeasePlane.LOCKS, clock);
      lockLeases = table;
    }
    return table;
  }

  /** Why an operation on locks has to wait: its table is lent. */
  LeaseConflict lent() {
    LeaseTable table = lockLeases;
    if (table == null) {
      throw new AssertionError("lent to nobody");
    }
    return new LeaseConflict(List.of(table));
  }

  /** Who has leases on it; null while nobody ever had one. */
  @Nullable LeaseTable leaseTable() {
    return leaseTable;
  }

  synchronized LeaseTable leaseTable(LeaseTable.Clock clock) {
    LeaseTable table = leaseTable;
    if (table == null) {
      table = new LeaseTable(id(), LeasePlane.INODE, clock);
      leaseTable = table;
    }
    return table;
  }

  /** Who has leases on the names of this directory; null while nobody ever had one. */
  @Nullable LeaseTable namesTable() {
    return namesTable;
  }

  synchronized LeaseTable namesTable(LeaseTable.Clock clock) {
    LeaseTable table = namesTable;
    if (table == null) {
      table = new LeaseTable(id(), LeasePlane.NAMES, clock);
      namesTable = table;
    }
    return table;
  }

  /** What is between those who have it open as a FIFO. */
  synchronized Pipe pipe() {
    Pipe known = pipe;
    if (known == null) {
      known = new Pipe();
      pipe = known;
    }
    return known;
  }

  // ---- references: the package's front page ----

  /** Takes a reference unless the inode is buried. */
  boolean tryGet() {
    for (int count = references.get(); count >= 0; count = references.get()) {
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Takes a reference of an inode the caller does not count on; ESTALE if it is buried. */
  Inode hold() throws ErrnoException {
    if (!tryGet()) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return this;
  }

  /** Takes one more reference; the caller holds one. */
  Inode get() {
    int before = references.getAndIncrement();
    assert before > 0 : "reference taken from none: " + id();
    return this;
  }

  /** Gives a reference back; true if it was the last. */
  boolean putReference() {
    int left = references.decrementAndGet();
    assert left >= 0 : "reference given back twice: " + id();
    return left == 0;
  }

  /** Ends the inode if nobody counts on it; from then on {@link #tryGet} refuses. */
  boolean tryBury() {
    return references.compareAndSet(0, DEAD);
  }

  boolean isDead() {
    return references.get() < 0;
  }

  int referenceCount() {
    return references.get();
  }

  /** Whether the mount is to be told when the inode is buried. Asked when nobody counts on it. */
  abstract boolean endsNode();

  /** Tells the mount. With the operation lock held, alone. */
  abstract void endNode();

  @Override
  public String toString() {
    return "inode " + id() + " of " + mountPoint.path();
  }
}
