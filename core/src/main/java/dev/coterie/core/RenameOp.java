package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Rename;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideNode;
import org.jspecify.annotations.Nullable;

/**
 * renameat2(2) on an inside mount: the one operation on two directories and up to two inodes
 * (analogous to Linux's do_renameat2, vfs_rename).
 */
final class RenameOp {
  private final Vfs vfs;
  private final NameOps names;

  RenameOp(Vfs vfs, NameOps names) {
    this.vfs = vfs;
    this.names = names;
  }

  /** One name in its directory. */
  private record Place(InsideInode dir, Name name) {}

  void rename(
      Caller caller, InsideInode dir, Name name, InsideInode newDir, Name newName, int flags)
      throws ErrnoException {
    Place from = new Place(dir, name);
    Place to = new Place(newDir, newName);
    if (dir != newDir) {
      betweenDirectories(caller, from, to, flags);
    } else if (!withinDirectory(caller, from, to, flags, false)) {
      underRenameLock(caller, from, to, flags);
    }
  }

  /** False, and nothing was done, when the mount's rename lock is needed and not held. */
  private boolean withinDirectory(
      Caller caller, Place from, Place to, int flags, boolean renameLocked) throws ErrnoException {
    OpLock lock = from.dir().opLock;
    long stamp = lock.write(LockRank.PARENT);
    try {
      return move(caller, from, to, flags, renameLocked);
    } finally {
      lock.unlock(LockRank.PARENT, stamp);
    }
  }

  private void underRenameLock(Caller caller, Place from, Place to, int flags)
      throws ErrnoException {
    OpLock renameLock = from.dir().mountPoint.renameLock;
    long renaming = renameLock.write(LockRank.RENAME);
    try {
      withinDirectory(caller, from, to, flags, true);
    } finally {
      renameLock.unlock(LockRank.RENAME, renaming);
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
      InsideInode first = fromFirst ? from.dir() : to.dir();
      InsideInode second = fromFirst ? to.dir() : from.dir();
      long firstStamp = first.opLock.write(LockRank.PARENT);
      long secondStamp = second.opLock.write(LockRank.PARENT);
      try {
        move(caller, from, to, flags, true);
      } finally {
        second.opLock.unlock(LockRank.PARENT, secondStamp);
        first.opLock.unlock(LockRank.PARENT, firstStamp);
      }
    } finally {
      renameLock.unlock(LockRank.RENAME, renaming);
    }
  }

  /** Whether {@code above} is {@code below} or one of the directories above it in its mount. */
  private static boolean isAncestor(InsideInode above, InsideInode below) throws ErrnoException {
    InodeId root = below.mount().root().id();
    for (InsideNode node = below.node; ; node = below.mount().parent(node)) {
      if (node.id().equals(above.id())) {
        return true;
      }
      if (node.id().equals(root)) {
        return false;
      }
    }
  }

  /**
   * With both directories locked: finds what is named, holds it against the rules and moves it.
   *
   * @return false, and nothing was done, when two directories stand to be locked beside each other:
   *     only who holds the mount's rename lock may do that, as every other thread locks downwards
   *     in the tree (Linux, Documentation/filesystems/directory-locking.rst)
   */
  private boolean move(Caller caller, Place from, Place to, int flags, boolean renameLocked)
      throws ErrnoException {
    boolean exchange = flags == Rename.RENAME_EXCHANGE;
    requireNames(caller, from, to, flags);
    InsideInode source = names.existing(from.dir(), from.name());
    InsideInode target = null;
    try {
      to.dir().requireEntry(to.name());
      target = names.child(to.dir(), to.name());
      if (target != null && flags == Rename.RENAME_NOREPLACE) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (target == null && exchange) {
        throw new ErrnoException(Errno.ENOENT);
      }
      requireNoLoop(from, to, source, target, exchange);
      if (source == target) {
        return true;
      }
      requireAllowed(caller, from, to, source, target, exchange);
      if (!renameLocked && target != null && source.isDirectory() && target.isDirectory()) {
        return false;
      }
      if (target == null) {
        moveToFree(from, to, source);
      } else {
        moveOnto(from, to, source, target, exchange);
      }
      return true;
    } finally {
      vfs.put(source);
      if (target != null) {
        vfs.put(target);
      }
    }
  }

  private static void requireNames(Caller caller, Place from, Place to, int flags)
      throws ErrnoException {
    from.dir().requireLive();
    to.dir().requireLive();
    Access.require(from.dir().node, caller, Access.EXECUTE);
    Access.require(to.dir().node, caller, Access.EXECUTE);
    Arguments.requireMovable(from.name(), to.name(), flags);
    from.dir().requireWritable();
    from.dir().requireEntry(from.name());
  }

  /** A directory cannot go below itself, nor replace one that it is in. */
  private static void requireNoLoop(
      Place from, Place to, InsideInode source, @Nullable InsideInode target, boolean exchange)
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
      Caller caller,
      Place from,
      Place to,
      InsideInode source,
      @Nullable InsideInode target,
      boolean exchange)
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

  private void moveToFree(Place from, Place to, InsideInode source) throws ErrnoException {
    long stamp = source.opLock.write(LockRank.INODE);
    try {
      apply(from, to, source, null, false);
    } finally {
      source.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private void moveOnto(
      Place from, Place to, InsideInode source, InsideInode target, boolean exchange)
      throws ErrnoException {
    boolean sourceFirst = isLockedBefore(source, target);
    InsideInode first = sourceFirst ? source : target;
    InsideInode second = sourceFirst ? target : source;
    LockRank firstRank = rankOf(first);
    LockRank secondRank = rankOf(second);
    long firstStamp = first.opLock.write(firstRank);
    long secondStamp = second.opLock.write(secondRank);
    try {
      if (!exchange && target.isDirectory() && !target.mount().isEmpty(target.node)) {
        throw new ErrnoException(Errno.ENOTEMPTY);
      }
      apply(from, to, source, target, exchange);
    } finally {
      second.opLock.unlock(secondRank, secondStamp);
      first.opLock.unlock(firstRank, firstStamp);
    }
  }

  /**
   * Directories before files: who works inside a directory holds it, as parent, and asks for a file
   * in it next, which may be a second name of the file moved here.
   */
  private static boolean isLockedBefore(InsideInode one, InsideInode other) {
    return one.isDirectory() == other.isDirectory()
        ? one.id().compareTo(other.id()) < 0
        : one.isDirectory();
  }

  private static LockRank rankOf(InsideInode inode) {
    return inode.isDirectory() ? LockRank.SUBDIRECTORY : LockRank.INODE;
  }

  /** Where directories are comes to be another: for who looks up the tree, in one moment. */
  private void apply(
      Place from, Place to, InsideInode source, @Nullable InsideInode target, boolean exchange)
      throws ErrnoException {
    boolean ofDirectories =
        source.isDirectory() || (exchange && target != null && target.isDirectory());
    if (!ofDirectories) {
      applyAndTell(from, to, source, target, exchange, false);
      return;
    }
    OpLock shape = source.mountPoint.shapeLock;
    long stamp = shape.write(LockRank.SHAPE);
    try {
      applyAndTell(from, to, source, target, exchange, true);
    } finally {
      shape.unlock(LockRank.SHAPE, stamp);
    }
  }

  private void applyAndTell(
      Place from,
      Place to,
      InsideInode source,
      @Nullable InsideInode target,
      boolean exchange,
      boolean shapeLocked)
      throws ErrnoException {
    vfs.requireUnleased(from.dir(), to.dir(), source, target);
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
    Changes changes = vfs.changes();
    InsideInode over = exchange ? null : target;
    changes.moved(from.dir(), from.name(), to.dir(), to.name(), source, over, shapeLocked);
    if (exchange && target != null) {
      changes.moved(to.dir(), to.name(), from.dir(), from.name(), target, null, shapeLocked);
    }
  }
}
