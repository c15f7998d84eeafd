package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Rename;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Node;
import org.jspecify.annotations.Nullable;

/**
 * renameat2(2): the one operation on two directories and up to two inodes (analogous to Linux's
 * do_renameat2, vfs_rename).
 */
final class RenameOp {
  private final Vfs vfs;
  private final NameOps names;

  RenameOp(Vfs vfs, NameOps names) {
    this.vfs = vfs;
    this.names = names;
  }

  /** One name in its directory. */
  private record Place(Inode dir, Name name) {}

  Operation.Done rename(Caller caller, Inode dir, Name name, Inode newDir, Name newName, int flags)
      throws ErrnoException {
    requireFlags(flags);
    NameOps.requireDirectory(dir);
    NameOps.requireDirectory(newDir);
    Place from = new Place(dir, name);
    Place to = new Place(newDir, newName);
    if (dir == newDir) {
      long stamp = dir.opLock.write(LockRank.PARENT);
      try {
        move(caller, from, to, flags);
      } finally {
        dir.opLock.unlock(LockRank.PARENT, stamp);
      }
    } else if (dir.mountPoint != newDir.mountPoint) {
      throw new ErrnoException(Errno.EXDEV);
    } else {
      betweenDirectories(caller, from, to, flags);
    }
    return Operation.Done.DONE;
  }

  private static void requireFlags(int flags) throws ErrnoException {
    int both = Rename.RENAME_NOREPLACE | Rename.RENAME_EXCHANGE;
    if ((flags & ~both) != 0 || flags == both) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private void betweenDirectories(Caller caller, Place from, Place to, int flags)
      throws ErrnoException {
    // Holds all parent relations of this mount still, so that the order of the two locks can be
    // decided and stays right.
    OpLock renameLock = from.dir().mountPoint.renameLock;
    long renaming = renameLock.write(LockRank.RENAME);
    try {
      boolean fromFirst =
          isAncestor(from.dir(), to.dir())
              || (!isAncestor(to.dir(), from.dir())
                  && from.dir().id().compareTo(to.dir().id()) < 0);
      Inode first = fromFirst ? from.dir() : to.dir();
      Inode second = fromFirst ? to.dir() : from.dir();
      long firstStamp = first.opLock.write(LockRank.PARENT);
      long secondStamp = second.opLock.write(LockRank.PARENT);
      try {
        move(caller, from, to, flags);
      } finally {
        second.opLock.unlock(LockRank.PARENT, secondStamp);
        first.opLock.unlock(LockRank.PARENT, firstStamp);
      }
    } finally {
      renameLock.unlock(LockRank.RENAME, renaming);
    }
  }

  /** Whether {@code above} is {@code below} or one of the directories above it in its mount. */
  private static boolean isAncestor(Inode above, Inode below) throws ErrnoException {
    InodeId root = below.mount().root().id();
    for (Node node = below.node; ; node = below.mount().parent(node)) {
      if (node.id().equals(above.id())) {
        return true;
      }
      if (node.id().equals(root)) {
        return false;
      }
    }
  }

  /** With both directories locked: finds what is named, holds it against the rules and moves it. */
  private void move(Caller caller, Place from, Place to, int flags) throws ErrnoException {
    boolean exchange = flags == Rename.RENAME_EXCHANGE;
    requireNames(caller, from, to, flags);
    Inode source = names.existing(from.dir(), from.name());
    Inode target = null;
    try {
      target = names.child(to.dir(), to.name());
      if (target != null && flags == Rename.RENAME_NOREPLACE) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (target == null && exchange) {
        throw new ErrnoException(Errno.ENOENT);
      }
      requireNoLoop(from, to, source, target, exchange);
      NameOps.requireWritable(from.dir());
      if (source != target) {
        requireAllowed(caller, from, to, source, target, exchange);
        moveLocked(from, to, source, target, exchange);
      }
    } finally {
      vfs.put(source);
      if (target != null) {
        vfs.put(target);
      }
    }
  }

  private static void requireNames(Caller caller, Place from, Place to, int flags)
      throws ErrnoException {
    NameOps.requireLive(from.dir());
    NameOps.requireLive(to.dir());
    Access.require(from.dir().node, caller, Access.EXECUTE);
    Access.require(to.dir().node, caller, Access.EXECUTE);
    if (from.name().isDots()) {
      throw new ErrnoException(Errno.EBUSY);
    }
    if (to.name().isDots()) {
      boolean fresh = flags == Rename.RENAME_NOREPLACE;
      throw new ErrnoException(fresh ? Errno.EEXIST : Errno.EBUSY);
    }
    from.name().requireEntry();
    to.name().requireEntry();
  }

  /** A directory cannot go below itself, nor replace one that it is in. */
  private static void requireNoLoop(
      Place from, Place to, Inode source, @Nullable Inode target, boolean exchange)
      throws ErrnoException {
    if (from.dir() == to.dir()) {
      return;
    }
    if (isAncestor(source, to.dir())) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (target != null && isAncestor(target, from.dir())) {
      throw new ErrnoException(exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
    }
  }

  private void requireAllowed(
      Caller caller, Place from, Place to, Inode source, @Nullable Inode target, boolean exchange)
      throws ErrnoException {
    boolean directory = source.isDirectory();
    NameOps.requireMayRemove(caller, from.dir(), source, directory);
    if (target == null) {
      names.requireMayMake(caller, to.dir());
    } else {
      boolean kind = exchange ? target.isDirectory() : directory;
      NameOps.requireMayRemove(caller, to.dir(), target, kind);
    }
    // "If oldpath refers to a directory, then write permission is needed on it, as its .. entry
    // changes" (rename(2), EACCES).
    if (from.dir() != to.dir()) {
      if (directory) {
        Access.require(source.node, caller, Access.WRITE);
      }
      if (exchange && target != null && target.isDirectory()) {
        Access.require(target.node, caller, Access.WRITE);
      }
    }
    if (source.covering() != null || (target != null && target.covering() != null)) {
      throw new ErrnoException(Errno.EBUSY);
    }
  }

  private void moveLocked(
      Place from, Place to, Inode source, @Nullable Inode target, boolean exchange)
      throws ErrnoException {
    boolean sourceFirst = target == null || source.id().compareTo(target.id()) < 0;
    Inode first = sourceFirst ? source : target;
    Inode second = sourceFirst ? target : source;
    long firstStamp = first.opLock.write(LockRank.INODE);
    long secondStamp = second == null ? 0 : second.opLock.write(LockRank.INODE);
    try {
      boolean replaces = target != null && !exchange;
      if (replaces && target.isDirectory() && !target.mount().isEmpty(target.node)) {
        throw new ErrnoException(Errno.ENOTEMPTY);
      }
      source
          .mount()
          .apply(
              new Command.Rename(
                  from.dir().node,
                  from.name(),
                  source.node,
                  to.dir().node,
                  to.name(),
                  target == null ? null : target.node,
                  exchange,
                  vfs.now()));
      vfs.dentries().put(from.dir(), from.name(), exchange ? target : null);
      vfs.dentries().put(to.dir(), to.name(), source);
    } finally {
      if (second != null) {
        second.opLock.unlock(LockRank.INODE, secondStamp);
      }
      first.opLock.unlock(LockRank.INODE, firstStamp);
    }
  }
}
