package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.core.InodeOps.Found;

/**
 * Finding inodes: the dots, identities, and the step from one mount into another; what a name names
 * inside a mount is asked of its {@link InodeOps}.
 */
final class Walk {
  private final Vfs vfs;

  Walk(Vfs vfs) {
    this.vfs = vfs;
  }

  Found root() throws ErrnoException {
    return found(vfs.root().get());
  }

  /** The inode and its attributes; the reference is given back if those cannot be had. */
  Found found(Inode inode) throws ErrnoException {
    try {
      return new Found(inode, vfs.ops(inode).stat(inode));
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
  }

  void letGo(Found found) {
    vfs.put(found.inode());
  }

  /** What a name names, across mounts. ENOENT, ENOTDIR, EACCES. */
  Found find(Caller caller, Inode dir, Name name) throws ErrnoException {
    dir.requireDirectory();
    if (!name.isDots()) {
      return vfs.ops(dir).lookup(caller, dir, name);
    }
    vfs.ops(dir).requireSearch(caller, dir);
    return name.equals(Name.DOT) ? found(dir.hold()) : above(caller, dir);
  }

  /**
   * "..", across mounts; the root's is the root. Of a removed directory it is what was above, and
   * ENOENT when that is gone as well.
   */
  private Found above(Caller caller, Inode dir) throws ErrnoException {
    Inode below = lowest(dir);
    return below == below.mountPoint.root()
        ? found(below.hold())
        : vfs.ops(below).parent(caller, below);
  }

  /**
   * The directory whose ".." counts: that one, or below the root of a mount what it hides. Only the
   * root of the tree is the root of its mount then.
   */
  static Inode lowest(Inode dir) {
    Inode below = dir;
    while (below == below.mountPoint.root() && below.mountPoint.covered() != null) {
      below = below.mountPoint.covered();
    }
    return below;
  }

  /** The root of the mount that hides this directory, if one does; the reference moves along. */
  Inode across(Inode inode) {
    MountPoint covering = inode.covering();
    if (covering == null) {
      return inode;
    }
    vfs.put(inode);
    return across(covering.root().get());
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
      Inode inode = vfs.ops(mountPoint.root()).find(mountPoint, id);
      if (inode != null) {
        return inode;
      }
    }
    throw new ErrnoException(Errno.ESTALE);
  }

  /** Whether the caller could reach one of its names. */
  void requireReachable(Caller caller, Inode inode) throws ErrnoException {
    if (caller.isRoot()) {
      return;
    }
    for (Inode below = inode; below != null; below = below.mountPoint.covered()) {
      vfs.ops(below).requireReachable(caller, below);
    }
  }
}
