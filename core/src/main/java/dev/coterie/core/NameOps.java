package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.core.InodeOps.Found;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideNode;
import org.jspecify.annotations.Nullable;

/**
 * Finding, making and removing names on inside mounts (analogous to Linux's fs/namei.c, whose order
 * of checks decides which of several errors a caller sees).
 */
final class NameOps {
  private final Vfs vfs;
  private final Walk walk;

  NameOps(Vfs vfs, Walk walk) {
    this.vfs = vfs;
    this.walk = walk;
  }

  // ---- finding ----

  Found find(Caller caller, InsideInode dir, Name name) throws ErrnoException {
    Found found = findCached(caller, dir, name);
    return found != null ? found : findLocked(caller, dir, name);
  }

  /**
   * The lock-free way: a cached name that was certainly not being changed meanwhile; null: take the
   * other way.
   */
  private @Nullable Found findCached(Caller caller, InsideInode dir, Name name)
      throws ErrnoException {
    long stamp = dir.opLock.optimistic();
    Dentry dentry = stamp == 0 ? null : dir.dentry(name);
    if (dentry == null) {
      return null;
    }
    InsideInode inode = dentry.inode;
    if (!Access.may(dir.node, caller, Access.EXECUTE) || (inode != null && !inode.tryGet())) {
      return null;
    }
    // Its attributes first: what the directory still says afterwards, it said at their moment too.
    Found found = inode == null ? null : walk.found(walk.across(inode));
    if (!dir.opLock.validate(stamp)) {
      letGo(found);
      return null;
    }
    dentry.used = true;
    if (found == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return found;
  }

  private void letGo(@Nullable Found found) {
    if (found != null) {
      vfs.put(found.inode());
    }
  }

  private Found findLocked(Caller caller, InsideInode dir, Name name) throws ErrnoException {
    long stamp = dir.opLock.read(LockRank.PARENT);
    try {
      dir.requireLive();
      Access.require(dir.node, caller, Access.EXECUTE);
      dir.requireEntry(name);
      InsideInode inode = child(dir, name);
      if (inode == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      return walk.found(walk.across(inode));
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  /**
   * What a name names in this mount, with a reference, or null. The directory's operation lock is
   * held.
   */
  @Nullable InsideInode child(InsideInode dir, Name name) throws ErrnoException {
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
    InsideNode node = dir.mount().lookup(dir.node, name);
    InsideInode inode = node == null ? null : vfs.inodes().hold(node, dir.mountPoint);
    vfs.dentries().put(dir, name, inode);
    return inode;
  }

  /**
   * The directory above one. Of a removed directory it is what was above, and ENOENT when that is
   * gone as well.
   */
  Found above(InsideInode dir) throws ErrnoException {
    while (true) {
      InsideNode parent = dir.mount().parent(dir.node);
      InsideInode above = vfs.inodes().hold(parent, dir.mountPoint);
      Found found = above == null ? null : walk.found(walk.across(above));
      if (dir.mount().parent(dir.node).id().equals(parent.id())) {
        if (found == null) {
          throw new ErrnoException(Errno.ENOENT);
        }
        return found;
      }
      letGo(found); // moved elsewhere meanwhile
    }
  }

  /** Whether the caller may search each directory down to the inode, from the root of its mount. */
  static void requireReachable(Caller caller, InsideInode inode) throws ErrnoException {
    InsideNode root = inode.mount().root();
    for (InsideNode node = inode.node; !node.id().equals(root.id()); ) {
      InsideNode dir = inode.mount().anyParent(node);
      if (dir == null) {
        throw new ErrnoException(Errno.EACCES);
      }
      Access.require(dir, caller, Access.EXECUTE);
      node = dir;
    }
  }

  // ---- making ----

  /**
   * Makes a named inode. {@code mode} is complete but for the umask and what the directory decides.
   */
  Found make(Caller caller, InsideInode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
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
      InsideInode dir,
      @Nullable Name name,
      int mode,
      long rdev,
      byte[] target,
      boolean linkable)
      throws ErrnoException {
    if (name != null) {
      vfs.requireUnleased(dir);
    }
    Access.Permissions permissions = Access.ofNew(dir.node, mode, caller);
    InsideNode node =
        dir.mount()
            .apply(
                new Command.Create(
                    dir.node,
                    name,
                    vfs.newId(),
                    permissions.mode(),
                    permissions.accessAcl(),
                    permissions.defaultAcl(),
                    caller.uid(),
                    Access.newGroup(dir.node, caller),
                    rdev,
                    target,
                    linkable,
                    vfs.now()));
    InsideInode inode = vfs.inodes().holdNew(node, dir.mountPoint);
    if (name != null) {
      vfs.dentries().put(dir, name, inode);
      vfs.changes().made(dir, name, inode);
    }
    return made(inode);
  }

  /** Who is told of what is made has no lease to wait for: it cannot begin again. */
  private Found made(InsideInode inode) throws ErrnoException {
    try {
      return new Found(inode, inode.mount().stat(inode.node));
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
  }

  Stat link(Caller caller, Inode inode, InsideInode dir, Name name) throws ErrnoException {
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      requireUnused(caller, dir, name);
      dir.requireWritable();
      if (inode.mountPoint != dir.mountPoint) {
        throw new ErrnoException(Errno.EXDEV);
      }
      requireMayMake(caller, dir);
      if (inode.isDirectory()) {
        throw new ErrnoException(Errno.EPERM);
      }
      return linkLocked((InsideInode) inode, dir, name);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  private Stat linkLocked(InsideInode inode, InsideInode dir, Name name) throws ErrnoException {
    inode.hold(); // the dentry needs one to take its own from
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      if (inode.node.nlink() >= Limits.LINKS) {
        throw new ErrnoException(Errno.EMLINK);
      }
      vfs.requireUnleased(dir, inode);
      dir.mount().apply(new Command.Link(dir.node, name, inode.node, vfs.now()));
      vfs.dentries().put(dir, name, inode);
      vfs.changes().linked(dir, name, inode);
      return inode.mount().stat(inode.node);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
      vfs.put(inode);
    }
  }

  /** Holds a name against what may be made: EACCES, EEXIST, EROFS, ENOENT. Parent locked, alone. */
  void requireNewName(Caller caller, InsideInode dir, Name name) throws ErrnoException {
    requireUnused(caller, dir, name);
    requireMayMake(caller, dir);
  }

  private void requireUnused(Caller caller, InsideInode dir, Name name) throws ErrnoException {
    dir.requireLive();
    Access.require(dir.node, caller, Access.EXECUTE);
    if (name.isDots()) {
      throw new ErrnoException(Errno.EEXIST);
    }
    dir.requireEntry(name);
    InsideInode there = child(dir, name);
    if (there != null) {
      vfs.put(there);
      throw new ErrnoException(Errno.EEXIST);
    }
  }

  /** Whether the caller may add a name to this directory: EROFS, ENOENT it is removed, EACCES. */
  void requireMayMake(Caller caller, InsideInode dir) throws ErrnoException {
    dir.requireWritable();
    if (dir.node.nlink() == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    requireMayWrite(caller, dir);
  }

  /** Whether the caller may make a file without a name there; removed or not does not matter. */
  void requireMayWrite(Caller caller, InsideInode dir) throws ErrnoException {
    dir.requireWritable();
    Access.require(dir.node, caller, Access.WRITE | Access.EXECUTE);
  }

  // ---- removing ----

  /** unlink(2), or rmdir(2) with {@code directory}. */
  void remove(Caller caller, InsideInode dir, Name name, boolean directory) throws ErrnoException {
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      dir.requireLive();
      Access.require(dir.node, caller, Access.EXECUTE);
      Arguments.requireRemovable(name, directory);
      dir.requireWritable();
      dir.requireEntry(name);
      InsideInode victim = existing(dir, name);
      try {
        requireMayRemove(caller, dir, victim, directory);
        removeLocked(dir, name, victim);
      } finally {
        vfs.put(victim);
      }
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  /** What a name names, with a reference; ENOENT. Parent locked. */
  InsideInode existing(InsideInode dir, Name name) throws ErrnoException {
    InsideInode inode = child(dir, name);
    if (inode == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return inode;
  }

  /**
   * Whether the caller may take this name away, as a directory's or as another's. Linux's
   * may_delete.
   */
  static void requireMayRemove(
      Caller caller, InsideInode dir, InsideInode victim, boolean directory) throws ErrnoException {
    Access.requireRemoval(dir.node, victim.node, caller);
    if (directory && !victim.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!directory && victim.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
  }

  private void removeLocked(InsideInode dir, Name name, InsideInode victim) throws ErrnoException {
    if (victim.covering() != null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    long stamp = victim.opLock.write(LockRank.INODE);
    try {
      if (victim.isDirectory() && !dir.mount().isEmpty(victim.node)) {
        throw new ErrnoException(Errno.ENOTEMPTY);
      }
      vfs.requireUnleased(dir, victim);
      dir.mount().apply(new Command.Unlink(dir.node, name, victim.node, vfs.now()));
      vfs.dentries().put(dir, name, null);
      vfs.changes().removed(dir, name, victim);
    } finally {
      victim.opLock.unlock(LockRank.INODE, stamp);
    }
  }
}
