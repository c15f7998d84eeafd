package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.Stat;
import dev.coterie.core.InodeOps.Found;
import dev.coterie.core.OutsideLocks.Wanted;
import dev.coterie.core.spi.OutsideEntry;
import dev.coterie.core.spi.OutsideMount.Made;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names on outside mounts: asked for each time, and then locked together with what they name. So
 * among sessions every operation has its moment, whatever others do to the same names.
 */
final class OutsideNames {
  private final Vfs vfs;
  private final Walk walk;

  OutsideNames(Vfs vfs, Walk walk) {
    this.vfs = vfs;
    this.walk = walk;
  }

  /** Asks the mount what is named, while the directory is locked; null: nothing. */
  interface Finder {
    @Nullable OutsideEntry find() throws ErrnoException;
  }

  /** What is done with it. */
  interface Use<R> {
    /**
     * With the directory and the inode locked.
     *
     * @param inode held until this returns; null when there is no such name
     */
    R with(@Nullable OutsideInode inode, @Nullable OutsideEntry entry) throws ErrnoException;
  }

  /** Does something with what is found in a directory, both locked. */
  <R> R found(Wanted dir, Finder finder, boolean alone, Use<R> use) throws ErrnoException {
    OutsideInode held = null; // what was found last time and had to be waited for
    try {
      while (true) {
        try (OutsideLocks locks = lock(dir, held == null ? null : new Wanted(held, alone))) {
          dir.inode().requireLive();
          try (OutsideEntry entry = finder.find()) {
            if (entry == null) {
              return use.with(null, null);
            }
            OutsideInode inode = vfs.inodes().hold(entry.node(), dir.inode().mountPoint);
            letGo(held);
            held = inode;
            if (locks.tryAlso(new Wanted(inode, alone))) {
              return use.with(inode, entry);
            }
          }
        }
      }
    } finally {
      letGo(held);
    }
  }

  private static OutsideLocks lock(Wanted dir, @Nullable Wanted known) {
    return known == null ? OutsideLocks.waitFor(dir) : OutsideLocks.waitFor(dir, known);
  }

  private void letGo(@Nullable OutsideInode held) {
    if (held != null) {
      vfs.put(held);
    }
  }

  /** What a name names, or null. */
  static @Nullable OutsideEntry lookupOrNull(Caller caller, OutsideInode dir, Name name)
      throws ErrnoException {
    try {
      return dir.mount().lookup(caller, dir.node, name);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  // ---- finding ----

  Found lookup(Caller caller, OutsideInode dir, Name name) throws ErrnoException {
    afterSearch(caller, dir, () -> requireComponent(name));
    return entered(dir, () -> dir.mount().lookup(caller, dir.node, name));
  }

  Found parent(Caller caller, OutsideInode dir) throws ErrnoException {
    return entered(dir, () -> dir.mount().parent(caller, dir.node));
  }

  private Found entered(OutsideInode dir, Finder finder) throws ErrnoException {
    Found found =
        found(
            Wanted.shared(dir),
            finder,
            false,
            (inode, entry) -> {
              if (inode == null || entry == null) {
                throw new ErrnoException(Errno.ENOENT);
              }
              Stat stat = inode.counted(entry.stat());
              return new Found(inode.get(), stat);
            });
    // No session can move a mount point, so what hides it may be looked at later.
    return found.inode().covering() == null ? found : walk.found(walk.across(found.inode()));
  }

  /** Looks at something that needs no look at the directory. */
  interface Check {
    void run() throws ErrnoException;
  }

  /** What is refused at once is told to those alone who may search the directory: EACCES. */
  static void afterSearch(Caller caller, OutsideInode dir, Check check) throws ErrnoException {
    try {
      check.run();
    } catch (ErrnoException e) {
      try (OutsideLocks _ = OutsideLocks.waitFor(Wanted.shared(dir))) {
        dir.requireLive();
        dir.mount().access(caller, dir.node, Access.EXECUTE);
      }
      throw e;
    }
  }

  /**
   * What can be given to the mount as one name: its length is for the mount to judge, in its own
   * order of errors, as long as no path is longer.
   */
  static void requireComponent(Name name) throws ErrnoException {
    if (name.length() == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (name.length() >= Limits.PATH_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    for (byte b : name.toBytes()) {
      if (b == 0 || b == '/') {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
  }

  // ---- making ----

  Found make(Caller caller, OutsideInode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    requireNew(caller, dir, name);
    try (OutsideLocks _ = OutsideLocks.waitFor(Wanted.alone(dir))) {
      dir.requireLive();
      if (dir.mount().readOnly()) {
        requireUnused(caller, dir, name);
        throw new ErrnoException(Errno.EROFS);
      }
      changes(dir, dir);
      Made made = dir.mount().make(caller, dir.node, name, mode, rdev, target);
      OutsideInode inode = vfs.inodes().hold(made.node(), dir.mountPoint);
      return new Found(inode, inode.counted(made.stat()));
    }
  }

  private static void requireNew(Caller caller, OutsideInode dir, Name name) throws ErrnoException {
    afterSearch(
        caller,
        dir,
        () -> {
          if (name.isDots()) {
            throw new ErrnoException(Errno.EEXIST);
          }
          requireComponent(name);
        });
  }

  /** A removed directory holds no names, free ones neither: ENOENT. */
  private static void requireUnused(Caller caller, OutsideInode dir, Name name)
      throws ErrnoException {
    try (OutsideEntry entry = lookupOrNull(caller, dir, name)) {
      if (entry != null) {
        throw new ErrnoException(Errno.EEXIST);
      }
    }
    if (dir.mount().stat(dir.node).nlink() == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
  }

  Stat link(Caller caller, Inode inode, OutsideInode dir, Name name) throws ErrnoException {
    requireNew(caller, dir, name);
    inode.hold();
    try {
      if (dir.mount().readOnly()) {
        return linkNowhere(caller, dir, name, Errno.EROFS);
      }
      return inode instanceof OutsideInode outside && inode.mountPoint == dir.mountPoint
          ? linkHere(caller, outside, dir, name)
          : linkNowhere(caller, dir, name, Errno.EXDEV);
    } finally {
      vfs.put(inode);
    }
  }

  private static Stat linkNowhere(Caller caller, OutsideInode dir, Name name, Errno errno)
      throws ErrnoException {
    try (OutsideLocks _ = OutsideLocks.waitFor(Wanted.shared(dir))) {
      dir.requireLive();
      requireUnused(caller, dir, name);
      throw new ErrnoException(errno);
    }
  }

  private Stat linkHere(Caller caller, OutsideInode inode, OutsideInode dir, Name name)
      throws ErrnoException {
    try (OutsideLocks _ = OutsideLocks.waitFor(Wanted.alone(dir), Wanted.alone(inode))) {
      dir.requireLive();
      changes(dir, inode);
      dir.mount().link(caller, inode.node, dir.node, name);
      return inode.counted(dir.mount().stat(inode.node));
    }
  }

  /** Two that are about to be changed, both locked alone. */
  private void changes(OutsideInode one, OutsideInode other) throws ErrnoException {
    vfs.requireUnleased(one, other);
    one.changes();
    other.changes();
  }

  // ---- removing and moving ----

  /** unlink(2), or rmdir(2) with {@code directory}. */
  void remove(Caller caller, OutsideInode dir, Name name, boolean directory) throws ErrnoException {
    afterSearch(
        caller,
        dir,
        () -> {
          Arguments.requireRemovable(name, directory);
          dir.requireWritable();
          requireComponent(name);
        });
    found(
        Wanted.alone(dir),
        () -> dir.mount().lookup(caller, dir.node, name),
        true,
        (victim, entry) -> {
          if (victim == null) {
            throw new ErrnoException(Errno.ENOENT);
          }
          if (victim.covering() != null) {
            requireMayRemove(caller, dir, victim, directory);
            throw new ErrnoException(Errno.EBUSY);
          }
          changes(dir, victim);
          dir.mount().remove(caller, dir.node, name, victim.node, directory);
          return victim;
        });
  }

  /** One name in its directory, and what it named when we last looked. */
  private static final class Place {
    final OutsideInode dir;
    final Name name;
    @Nullable OutsideInode held;

    Place(OutsideInode dir, Name name) {
      this.dir = dir;
      this.name = name;
    }
  }

  void rename(
      Caller caller, OutsideInode dir, Name name, OutsideInode newDir, Name newName, int flags)
      throws ErrnoException {
    Check both =
        () -> {
          Arguments.requireMovable(name, newName, flags);
          dir.requireWritable();
          requireComponent(name);
          requireComponent(newName);
        };
    afterSearch(caller, dir, () -> afterSearch(caller, newDir, both));
    Place from = new Place(dir, name);
    Place to = new Place(newDir, newName);
    try {
      boolean moved = false;
      while (!moved) {
        moved = tryRename(caller, from, to, flags);
      }
    } finally {
      letGo(from.held);
      letGo(to.held);
    }
  }

  /** False: what is named now has to be waited for first. */
  private boolean tryRename(Caller caller, Place from, Place to, int flags) throws ErrnoException {
    List<Wanted> wanted = new ArrayList<>(List.of(Wanted.alone(from.dir), Wanted.alone(to.dir)));
    if (from.held != null) {
      wanted.add(Wanted.alone(from.held));
    }
    if (to.held != null) {
      wanted.add(Wanted.alone(to.held));
    }
    try (OutsideLocks locks = OutsideLocks.waitFor(wanted)) {
      from.dir.requireLive();
      to.dir.requireLive();
      OutsideInode source = lookForSource(caller, from, to);
      OutsideInode target = lookAgain(caller, to);
      if (!locks.tryAlso(Wanted.alone(source))
          || (target != null && !locks.tryAlso(Wanted.alone(target)))) {
        return false;
      }
      if (source.covering() != null || (target != null && target.covering() != null)) {
        requireMovable(caller, from.dir, source, to.dir, target, flags);
        throw new ErrnoException(Errno.EBUSY);
      }
      vfs.requireUnleased(from.dir, to.dir, source, target);
      changes(from.dir, to.dir);
      changes(source, target == null ? source : target);
      from.dir
          .mount()
          .rename(
              caller,
              from.dir.node,
              from.name,
              source.node,
              to.dir.node,
              to.name,
              target == null ? null : target.node,
              flags);
      return true;
    }
  }

  /** What is wrong with the old name is told to those alone who may search both directories. */
  private OutsideInode lookForSource(Caller caller, Place from, Place to) throws ErrnoException {
    try {
      OutsideInode source = lookAgain(caller, from);
      if (source == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      return source;
    } catch (ErrnoException e) {
      to.dir.mount().access(caller, to.dir.node, Access.EXECUTE);
      throw e;
    }
  }

  // The mount knows nothing of what is mounted on its directories; so that this is found out as
  // late as Linux does, what comes before it there is looked at here (Linux, vfs_rename).

  private static void requireMovable(
      Caller caller,
      OutsideInode dir,
      OutsideInode source,
      OutsideInode newDir,
      @Nullable OutsideInode target,
      int flags)
      throws ErrnoException {
    boolean exchange = flags == Rename.RENAME_EXCHANGE;
    if (target != null && flags == Rename.RENAME_NOREPLACE) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (target == null && exchange) {
      throw new ErrnoException(Errno.ENOENT);
    }
    requireMayRemove(caller, dir, source, source.isDirectory());
    if (target == null) {
      newDir.mount().access(caller, newDir.node, Access.WRITE | Access.EXECUTE);
    } else {
      boolean kind = exchange ? target.isDirectory() : source.isDirectory();
      requireMayRemove(caller, newDir, target, kind);
    }
    if (dir != newDir) {
      requireTurnable(caller, source);
      if (exchange && target != null) {
        requireTurnable(caller, target);
      }
    }
  }

  /** "Write permission is needed on it, as its .. entry changes" (rename(2), EACCES). */
  private static void requireTurnable(Caller caller, OutsideInode inode) throws ErrnoException {
    if (inode.isDirectory()) {
      inode.mount().access(caller, inode.node, Access.WRITE);
    }
  }

  /** As Linux's may_delete. */
  private static void requireMayRemove(
      Caller caller, OutsideInode dir, OutsideInode victim, boolean directory)
      throws ErrnoException {
    dir.mount().access(caller, dir.node, Access.WRITE | Access.EXECUTE);
    Stat above = dir.mount().stat(dir.node);
    boolean owner = caller.isRoot() || caller.uid() == above.uid();
    if ((above.mode() & Mode.S_ISVTX) != 0
        && !owner
        && caller.uid() != victim.mount().stat(victim.node).uid()) {
      throw new ErrnoException(Errno.EPERM);
    }
    if (directory != victim.isDirectory()) {
      throw new ErrnoException(directory ? Errno.ENOTDIR : Errno.EISDIR);
    }
  }

  private @Nullable OutsideInode lookAgain(Caller caller, Place place) throws ErrnoException {
    try (OutsideEntry entry = lookupOrNull(caller, place.dir, place.name)) {
      OutsideInode before = place.held;
      place.held = entry == null ? null : vfs.inodes().hold(entry.node(), place.dir.mountPoint);
      letGo(before);
      return place.held;
    }
  }
}
