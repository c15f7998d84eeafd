package dev.coterie.core;

import static dev.coterie.api.OpenFlags.O_ACCMODE;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOATIME;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_TRUNC;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.core.InodeOps.Fresh;
import dev.coterie.core.event.Counter;
import dev.coterie.core.lease.LeaseConflict;
import dev.coterie.core.spi.InsideNode;
import org.jspecify.annotations.Nullable;

/**
 * Opening on inside mounts, and listing what is open as a directory (as Linux's do_open, may_open
 * and iterate_dir).
 */
final class OpenOps {
  private static final byte[] NO_TARGET = new byte[0];

  /** Flags that steer the opening and are gone afterwards. */
  static final int OPENING_ONLY =
      O_CREAT
          | O_EXCL
          | O_TRUNC
          | OpenFlags.O_NOFOLLOW
          | OpenFlags.O_CLOEXEC
          | OpenFlags.NO_FIFO
          | OpenFlags.NO_COUNTER
          | OpenFlags.LEASE
          | OpenFlags.READ_SOON
          | OpenFlags.COUNTER;

  private final Vfs vfs;
  private final NameOps names;
  private final AttrOps attributes;

  OpenOps(Vfs vfs, NameOps names, AttrOps attributes) {
    this.vfs = vfs;
    this.names = names;
    this.attributes = attributes;
  }

  // ---- open ----

  Fresh open(Caller caller, InsideInode inode, int flags) throws ErrnoException {
    boolean truncates = (flags & O_TRUNC) != 0;
    long stamp = truncates ? inode.opLock.write(LockRank.INODE) : inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      return openLocked(caller, inode, flags);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** With the inode locked; alone if O_TRUNC. */
  private Fresh openLocked(Caller caller, InsideInode inode, int flags) throws ErrnoException {
    if ((flags & O_TRUNC) != 0) {
      vfs.requireSeenToChange(inode);
    } else {
      vfs.requireSeen(inode);
    }
    InsideNode node = inode.node;
    int mode = node.mode();
    if ((flags & O_DIRECTORY) != 0 && !Mode.isDirectory(mode)) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (Mode.isSymlink(mode)) {
      throw new ErrnoException(Errno.ELOOP);
    }
    int wanted = wantedAccess(flags);
    if (Mode.isDirectory(mode) && (wanted & Access.WRITE) != 0) {
      throw new ErrnoException(Errno.EISDIR);
    }
    Access.require(node, caller, wanted);
    if ((flags & O_NOATIME) != 0) {
      Access.requireOwner(node, caller);
    }
    if ((mode & Mode.S_IFMT) == Mode.S_IFIFO && (flags & OpenFlags.NO_FIFO) == 0) {
      return fifo(inode, flags);
    }
    boolean plain = Mode.isRegular(mode) || Mode.isDirectory(mode);
    Counter counter = vfs.counters().find(inode);
    if (!plain || (counter != null && (flags & OpenFlags.NO_COUNTER) != 0)) {
      throw new ErrnoException(Errno.ENXIO);
    }
    if ((wanted & Access.WRITE) != 0) {
      inode.requireWritable();
    }
    if ((flags & O_TRUNC) != 0 && counter == null) {
      vfs.requireUnleased(inode); // before anybody is told of the opening, as it begins again
    }
    inode.hold();
    vfs.changes().used(inode, Change.OPEN);
    try {
      if (counter != null) {
        return new Fresh(counter(inode, counter, flags), inode.mount().stat(node));
      }
      // O_TRUNC with O_RDONLY does truncate on Linux: the right to write was checked above.
      Stat stat =
          (flags & O_TRUNC) != 0
              ? attributes.setattrLocked(caller, inode, true, SetAttr.ofSize(0))
              : inode.mount().stat(node);
      return new Fresh(new Handle(inode, flags & ~OPENING_ONLY), stat);
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
  }

  /** Also on a read-only mount, as nothing is written to that; O_TRUNC has no meaning. */
  private Fresh fifo(InsideInode inode, int flags) throws ErrnoException {
    inode.hold();
    try {
      return new Fresh(EventOps.fifo(inode, flags), inode.mount().stat(inode.node));
    } catch (ErrnoException e) {
      vfs.put(inode);
      throw e;
    }
  }

  /** O_TRUNC has no meaning: there is nothing to be cut off. */
  private static EventHandle counter(Inode inode, Counter counter, int flags) {
    return new EventHandle(
        inode,
        counter.open(OpenFlags.reads(flags), OpenFlags.writes(flags)),
        flags & ~OPENING_ONLY | OpenFlags.COUNTER);
  }

  /** Rights an open needs; access mode 3, "for ioctl only", needs both (open(2), NOTES). */
  static int wantedAccess(int flags) {
    int wanted =
        switch (flags & O_ACCMODE) {
          case O_RDONLY -> Access.READ;
          case OpenFlags.O_WRONLY -> Access.WRITE;
          default -> Access.READ | Access.WRITE;
        };
    return (flags & O_TRUNC) != 0 ? wanted | Access.WRITE : wanted;
  }

  // ---- create ----

  Fresh create(Caller caller, InsideInode dir, Name name, int flags, int mode)
      throws ErrnoException {
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      dir.requireLive();
      Access.require(dir.node, caller, Access.EXECUTE);
      if (name.isDots()) {
        boolean exclusive = (flags & O_EXCL) != 0;
        throw new ErrnoException(exclusive ? Errno.EEXIST : Errno.EISDIR);
      }
      dir.requireEntry(name);
      InsideInode there = names.child(dir, name);
      return there == null
          ? createLocked(caller, dir, name, flags, mode)
          : openExisting(caller, there, flags);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  private Fresh openExisting(Caller caller, InsideInode there, int flags) throws ErrnoException {
    try {
      if ((flags & O_EXCL) != 0) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (there.isDirectory()) {
        throw new ErrnoException(Errno.EISDIR);
      }
      return open(caller, there, flags);
    } finally {
      vfs.put(there);
    }
  }

  private Fresh createLocked(
      Caller caller, InsideInode dir, @Nullable Name name, int flags, int mode)
      throws ErrnoException {
    if (name == null) {
      names.requireMayWrite(caller, dir);
    } else {
      names.requireMayMake(caller, dir);
    }
    int wanted = Mode.S_IFREG | (mode & Mode.PERMISSIONS);
    boolean linkable = name != null || (flags & O_EXCL) == 0;
    // The permissions do not bind the one who makes the file: "the mode applies only to future
    // accesses" (open(2)).
    InodeOps.Found made = names.makeLocked(caller, dir, name, wanted, 0, NO_TARGET, linkable);
    if (name != null) {
      opened((InsideInode) made.inode());
    }
    return new Fresh(new Handle(made.inode(), flags & ~OPENING_ONLY), made.stat());
  }

  /** What was made just now, in a directory that is locked, so nobody else is at work on it. */
  private void opened(InsideInode inode) {
    vfs.changes().used(inode, Change.OPEN);
  }

  Fresh tmpfile(Caller caller, InsideInode dir, int flags, int mode) throws ErrnoException {
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      dir.requireLive();
      int kept = flags & ~(OpenFlags.O_TMPFILE | O_CREAT);
      return createLocked(caller, dir, null, kept, mode);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  // ---- readdir ----

  void readdir(Caller caller, InsideInode dir, int flags, long cookie, Listing page)
      throws ErrnoException {
    long stamp = dir.opLock.read(LockRank.PARENT);
    try {
      dir.requireLive();
      if (dir.node.nlink() == 0) {
        throw new ErrnoException(Errno.ENOENT);
      }
      fill(caller, dir, cookie, page);
      page.requireSeen();
      vfs.changes().used(dir, Change.ACCESS);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
    attributes.touch(dir, flags);
  }

  /** With the directory locked, shared. */
  private void fill(Caller caller, InsideInode dir, long cookie, Listing page)
      throws ErrnoException {
    if (cookie < Listing.DOT_COOKIE && page.fits(Name.DOT)) {
      Stat stat = page.withStat() ? dir.mount().stat(dir.node) : null;
      page.add(Name.DOT, dir.id(), Mode.S_IFDIR, Listing.DOT_COOKIE, stat);
    }
    if (cookie < Listing.DOT_DOT_COOKIE && page.fits(Name.DOT_DOT)) {
      Inode below = Walk.lowest(dir);
      InodeId above = vfs.ops(below).parentId(caller, below);
      // The directory above is not locked while one below it is, so ".." comes without attributes.
      page.add(Name.DOT_DOT, above, Mode.S_IFDIR, Listing.DOT_DOT_COOKIE, null);
    }
    if (!page.isFull()) {
      long from = Math.max(cookie, Listing.DOT_DOT_COOKIE);
      dir.mount().readdir(dir.node, from, (name, node, next) -> add(page, dir, name, node, next));
    }
  }

  private boolean add(Listing page, InsideInode dir, Name name, InsideNode node, long cookie)
      throws ErrnoException {
    if (!page.fits(name)) {
      return false;
    }
    Inode mounted = vfs.mountedOn(node);
    InodeId id = mounted == null ? node.id() : mounted.id();
    Stat stat = null;
    if (page.withStat()) {
      try {
        stat = statOf(dir, node, mounted);
      } catch (LeaseConflict e) {
        page.waitsFor(e);
      }
    }
    page.add(name, id, node.type(), cookie, stat);
    return true;
  }

  /** Attributes of what the directory names, which therefore has a link. */
  private Stat statOf(InsideInode dir, InsideNode node, @Nullable Inode mounted)
      throws ErrnoException {
    if (mounted != null) {
      return vfs.ops(mounted).stat(mounted);
    }
    InsideInode inode = vfs.inodes().holdNew(node, dir.mountPoint);
    try {
      return attributes.stat(inode);
    } finally {
      vfs.put(inode);
    }
  }
}
