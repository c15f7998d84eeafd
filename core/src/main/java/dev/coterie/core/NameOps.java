package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Node;
import org.jspecify.annotations.Nullable;

/**
 * Finding, making and removing names (analogous to Linux's fs/namei.c, whose order of checks
 * decides which of several errors a caller sees).
 */
final class NameOps {
  private static final byte[] NO_TARGET = new byte[0];

  private final Vfs vfs;

  NameOps(Vfs vfs) {
    this.vfs = vfs;
  }

  /** An inode, with a reference, and its attributes at a moment when the name named it. */
  record Found(Inode inode, Stat stat) {}

  /** The reference is given back if the attributes cannot be had. */
  private Found found(Inode inode) throws ErrnoException {
    try {
      return new Found(inode, AttrOps.stat(inode));
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
  }

  // ---- finding ----

  Found root() throws ErrnoException {
    return found(vfs.root().get());
  }

  /** What a name names, across mounts. ENOENT, ENOTDIR, EACCES. */
  Found find(Caller caller, Inode dir, Name name) throws ErrnoException {
    requireDirectory(dir);
    if (name.equals(Name.DOT)) {
      Access.require(dir.node, caller, Access.EXECUTE);
      return found(dir.hold());
    }
    if (name.equals(Name.DOT_DOT)) {
      return above(caller, dir);
    }
    Found found = findCached(caller, dir, name);
    return found != null ? found : findLocked(caller, dir, name);
  }

  /**
   * The lock-free way: a cached name that was certainly not being changed meanwhile; null: take the
   * other way.
   */
  private @Nullable Found findCached(Caller caller, Inode dir, Name name) throws ErrnoException {
    long stamp = dir.opLock.optimistic();
    Dentry dentry = stamp == 0 ? null : dir.dentry(name);
    if (dentry == null) {
      return null;
    }
    boolean allowed = Access.may(dir.node, caller, Access.EXECUTE);
    Inode inode = dentry.inode;
    if (inode != null && !inode.tryGet()) {
      return null;
    }
    // Its attributes first: what the directory still says afterwards, it said at their moment too.
    Found found = inode == null ? null : found(across(inode));
    if (!dir.opLock.validate(stamp)) {
      letGo(found);
      return null;
    }
    dentry.used = true;
    if (!allowed || found == null) {
      letGo(found);
      throw new ErrnoException(allowed ? Errno.ENOENT : Errno.EACCES);
    }
    return found;
  }

  private void letGo(@Nullable Found found) {
    if (found != null) {
      vfs.put(found.inode());
    }
  }

  private Found findLocked(Caller caller, Inode dir, Name name) throws ErrnoException {
    long stamp = dir.opLock.read(LockRank.PARENT);
    try {
      requireLive(dir);
      Access.require(dir.node, caller, Access.EXECUTE);
      name.requireEntry();
      Inode inode = child(dir, name);
      if (inode == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      return found(across(inode));
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  /**
   * What a name names in this mount, with a reference, or null. The directory's operation lock is
   * held.
   */
  @Nullable Inode child(Inode dir, Name name) throws ErrnoException {
    Dentry dentry = dir.dentry(name);
    if (dentry != null) {
      dentry.used = true;
      // A dentry that was dropped this moment may name an inode that is buried already; then ask
      // the mount.
      if (dentry.inode == null) {
        return null;
      }
      if (dentry.inode.tryGet()) {
        return dentry.inode;
      }
    }
    Node node = dir.mount().lookup(dir.node, name);
    Inode inode = node == null ? null : vfs.inodes().hold(node, dir.mountPoint);
    vfs.dentries().put(dir, name, inode);
    return inode;
  }

  /** The root of the mount that hides this directory, if one does; the reference moves along. */
  private Inode across(Inode inode) {
    MountPoint covering = inode.covering();
    if (covering == null) {
      return inode;
    }
    vfs.put(inode);
    return across(covering.root().get());
  }

  /**
   * "..", across mounts; the root's is the root. Of a removed directory it is what was above, and
   * ENOENT when that is gone as well.
   */
  private Found above(Caller caller, Inode dir) throws ErrnoException {
    Access.require(dir.node, caller, Access.EXECUTE);
    Inode below = dir;
    while (below == below.mountPoint.root()) {
      Inode covered = below.mountPoint.covered();
      if (covered == null) {
        return found(below.hold());
      }
      below = covered;
    }
    while (true) {
      Node parent = below.mount().parent(below.node);
      Inode above = vfs.inodes().hold(parent, below.mountPoint);
      Found found = above == null ? null : found(across(above));
      if (below.mount().parent(below.node).id().equals(parent.id())) {
        if (found == null) {
          throw new ErrnoException(Errno.ENOENT);
        }
        return found;
      }
      letGo(found); // moved elsewhere meanwhile
    }
  }

  /** An inode by identity, if the caller could reach one of its names. */
  Found rebind(Caller caller, InodeId id) throws ErrnoException {
    Inode inode = vfs.inodes().find(id);
    if (inode == null) {
      inode = findInMounts(id);
    }
    try {
      requireReachable(caller, inode);
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
    return found(inode);
  }

  private Inode findInMounts(InodeId id) throws ErrnoException {
    for (MountPoint mountPoint : vfs.mountPoints()) {
      Node node = mountPoint.mount().find(id);
      Inode inode = node == null ? null : vfs.inodes().hold(node, mountPoint);
      if (inode != null) {
        return inode;
      }
    }
    throw new ErrnoException(Errno.ESTALE);
  }

  private static void requireReachable(Caller caller, Inode inode) throws ErrnoException {
    if (caller.isRoot()) {
      return;
    }
    MountPoint mountPoint = inode.mountPoint;
    Node node = inode.node;
    while (mountPoint != null) {
      while (!node.id().equals(mountPoint.root().id())) {
        Node dir = mountPoint.mount().anyParent(node);
        if (dir == null) {
          throw new ErrnoException(Errno.EACCES);
        }
        Access.require(dir, caller, Access.EXECUTE);
        node = dir;
      }
      Inode covered = mountPoint.covered();
      if (covered == null) {
        return;
      }
      mountPoint = covered.mountPoint;
      node = covered.node;
    }
  }

  // ---- making ----

  Found mknod(Caller caller, Inode dir, Name name, int mode, long rdev) throws ErrnoException {
    int type = mode & Mode.S_IFMT;
    switch (type) {
      case 0, Mode.S_IFREG, Mode.S_IFIFO, Mode.S_IFSOCK, Mode.S_IFCHR, Mode.S_IFBLK -> {}
      case Mode.S_IFDIR -> throw new ErrnoException(Errno.EPERM);
      default -> throw new ErrnoException(Errno.EINVAL);
    }
    boolean device = type == Mode.S_IFCHR || type == Mode.S_IFBLK;
    int permissions = mode & Mode.PERMISSIONS;
    return make(
        caller,
        dir,
        name,
        (type == 0 ? Mode.S_IFREG : type) | permissions,
        device ? rdev : 0,
        NO_TARGET);
  }

  Found mkdir(Caller caller, Inode dir, Name name, int mode) throws ErrnoException {
    // "The mode of the created directory is (mode & ~umask & 01777)" (mkdir(2), NOTES).
    int permissions = mode & (0777 | Mode.S_ISVTX);
    return make(caller, dir, name, Mode.S_IFDIR | permissions, 0, NO_TARGET);
  }

  Found symlink(Caller caller, Inode dir, Name name, byte[] target) throws ErrnoException {
    if (target.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (target.length > Limits.SYMLINK_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    return make(caller, dir, name, Mode.S_IFLNK | 0777, 0, target.clone());
  }

  /**
   * Makes a named inode. {@code mode} is complete but for the umask and what the directory decides.
   */
  Found make(Caller caller, Inode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    requireDirectory(dir);
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      requireNewName(caller, dir, name);
      if (isDevice(mode, rdev) && !caller.isRoot()) {
        throw new ErrnoException(Errno.EPERM);
      }
      return makeLocked(caller, dir, name, mode, rdev, target, true);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  /** Whether only root may make it. A whiteout, character device 0:0, is no device (vfs_mknod). */
  private static boolean isDevice(int mode, long rdev) {
    int type = mode & Mode.S_IFMT;
    return type == Mode.S_IFBLK || (type == Mode.S_IFCHR && rdev != 0);
  }

  /**
   * As {@link #make}, once the name is known to be free; nameless if {@code name} is null. Parent
   * locked, alone.
   */
  Found makeLocked(
      Caller caller,
      Inode dir,
      @Nullable Name name,
      int mode,
      long rdev,
      byte[] target,
      boolean linkable)
      throws ErrnoException {
    Node node =
        dir.mount()
            .apply(
                new Command.Create(
                    dir.node,
                    name,
                    vfs.newId(),
                    Access.newMode(dir.node, mode, caller),
                    caller.uid(),
                    Access.newGroup(dir.node, caller),
                    rdev,
                    target,
                    linkable,
                    vfs.now()));
    Inode inode = vfs.inodes().holdNew(node, dir.mountPoint);
    if (name != null) {
      vfs.dentries().put(dir, name, inode);
    }
    return found(inode);
  }

  Stat link(Caller caller, Inode inode, Inode dir, Name name) throws ErrnoException {
    requireDirectory(dir);
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      requireUnused(caller, dir, name);
      if (inode.mountPoint != dir.mountPoint) {
        throw new ErrnoException(Errno.EXDEV);
      }
      requireMayMake(caller, dir);
      if (inode.isDirectory()) {
        throw new ErrnoException(Errno.EPERM);
      }
      return linkLocked(inode, dir, name);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  private Stat linkLocked(Inode inode, Inode dir, Name name) throws ErrnoException {
    inode.hold(); // the dentry needs one to take its own from
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      requireLive(inode);
      if (inode.node.nlink() >= Limits.LINKS) {
        throw new ErrnoException(Errno.EMLINK);
      }
      dir.mount().apply(new Command.Link(dir.node, name, inode.node, vfs.now()));
      vfs.dentries().put(dir, name, inode);
      return inode.mount().stat(inode.node);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
      vfs.put(inode);
    }
  }

  /** Holds a name against what may be made: EACCES, EEXIST, EROFS, ENOENT. Parent locked, alone. */
  void requireNewName(Caller caller, Inode dir, Name name) throws ErrnoException {
    requireUnused(caller, dir, name);
    requireMayMake(caller, dir);
  }

  private void requireUnused(Caller caller, Inode dir, Name name) throws ErrnoException {
    requireLive(dir);
    Access.require(dir.node, caller, Access.EXECUTE);
    if (name.isDots()) {
      throw new ErrnoException(Errno.EEXIST);
    }
    name.requireEntry();
    Inode there = child(dir, name);
    if (there != null) {
      vfs.put(there);
      throw new ErrnoException(Errno.EEXIST);
    }
  }

  /** Whether the caller may add a name to this directory: EROFS, ENOENT it is removed, EACCES. */
  void requireMayMake(Caller caller, Inode dir) throws ErrnoException {
    requireWritable(dir);
    if (dir.node.nlink() == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    Access.require(dir.node, caller, Access.WRITE | Access.EXECUTE);
  }

  // ---- removing ----

  /** unlink(2), or rmdir(2) with {@code directory}. */
  Operation.Done remove(Caller caller, Inode dir, Name name, boolean directory)
      throws ErrnoException {
    requireDirectory(dir);
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      requireLive(dir);
      Access.require(dir.node, caller, Access.EXECUTE);
      requireRemovable(name, directory);
      requireWritable(dir);
      Inode victim = existing(dir, name);
      try {
        requireMayRemove(caller, dir, victim, directory);
        removeLocked(dir, name, victim);
      } finally {
        vfs.put(victim);
      }
      return Operation.Done.DONE;
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  private static void requireRemovable(Name name, boolean directory) throws ErrnoException {
    if (name.isDots()) {
      Errno errno = name.equals(Name.DOT) ? Errno.EINVAL : Errno.ENOTEMPTY;
      throw new ErrnoException(directory ? errno : Errno.EISDIR);
    }
    name.requireEntry();
  }

  /** What a name names, with a reference; ENOENT. Parent locked. */
  Inode existing(Inode dir, Name name) throws ErrnoException {
    Inode inode = child(dir, name);
    if (inode == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return inode;
  }

  /**
   * Whether the caller may take this name away, as a directory's or as another's. Linux's
   * may_delete.
   */
  static void requireMayRemove(Caller caller, Inode dir, Inode victim, boolean directory)
      throws ErrnoException {
    Access.requireRemoval(dir.node, victim.node, caller);
    if (directory && !victim.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!directory && victim.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
  }

  private void removeLocked(Inode dir, Name name, Inode victim) throws ErrnoException {
    if (victim.covering() != null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    long stamp = victim.opLock.write(LockRank.INODE);
    try {
      if (victim.isDirectory() && !dir.mount().isEmpty(victim.node)) {
        throw new ErrnoException(Errno.ENOTEMPTY);
      }
      dir.mount().apply(new Command.Unlink(dir.node, name, victim.node, vfs.now()));
      vfs.dentries().put(dir, name, null);
    } finally {
      victim.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  // ---- shared checks ----

  static void requireDirectory(Inode dir) throws ErrnoException {
    if (!dir.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  /** ESTALE when the inode was buried between finding it and locking it. */
  static void requireLive(Inode inode) throws ErrnoException {
    if (inode.isDead()) {
      throw new ErrnoException(Errno.ESTALE);
    }
  }

  static void requireWritable(Inode inode) throws ErrnoException {
    if (inode.mount().readOnly()) {
      throw new ErrnoException(Errno.EROFS);
    }
  }
}
