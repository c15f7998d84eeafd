package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.Node;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A file as the core knows it: its mount's node, its operation lock, and who counts on it. There is
 * at most one live {@code Inode} per node (analogous to Linux's struct inode in the inode hash).
 */
final class Inode {
  /** Value of {@link #references} once buried: nobody can take a reference any more. */
  private static final int DEAD = Integer.MIN_VALUE;

  final Node node; // immutable
  final MountPoint mountPoint; // immutable
  final OpLock opLock; // immutable
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile @Nullable ConcurrentHashMap<Name, Dentry>
      dentries; // made on first use, under `this`
  private volatile @Nullable MountPoint covering; // set once, before the tree is served

  /** With one reference, the maker's. */
  Inode(Node node, MountPoint mountPoint) {
    this.node = node;
    this.mountPoint = mountPoint;
    this.opLock = new OpLock(node.id().number());
  }

  InodeId id() {
    return node.id();
  }

  Mount mount() {
    return mountPoint.mount();
  }

  boolean isDirectory() {
    return dev.coterie.api.Mode.isDirectory(node.mode());
  }

  /** The mount grafted onto this directory, if any. */
  @Nullable MountPoint covering() {
    return covering;
  }

  void cover(MountPoint mounted) {
    covering = mounted;
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

  // ---- dentries of a directory ----

  @Nullable Dentry dentry(Name name) {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    return map == null ? null : map.get(name);
  }

  /** The map of cached names, made if there is none yet. */
  ConcurrentHashMap<Name, Dentry> dentryMap() {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    if (map == null) {
      synchronized (this) {
        map = dentries;
        if (map == null) {
          map = new ConcurrentHashMap<>();
          dentries = map;
        }
      }
    }
    return map;
  }

  boolean hasDentries() {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    return map != null && !map.isEmpty();
  }

  @Override
  public String toString() {
    return "inode " + id() + " of " + mountPoint.path();
  }
}
