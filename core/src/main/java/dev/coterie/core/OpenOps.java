package dev.coterie.core;

import static dev.coterie.api.OpenFlags.O_ACCMODE;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOATIME;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_TRUNC;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Readdir;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.core.spi.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opening, and listing what is open as a directory (as Linux's do_open, may_open and iterate_dir).
 */
final class OpenOps {
  private static final byte[] NO_TARGET = new byte[0];

  /** Flags that steer the opening and are gone afterwards. */
  private static final int OPENING_ONLY =
      O_CREAT | O_EXCL | O_TRUNC | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;

  private static final long DOT_COOKIE = 1;
  private static final long DOT_DOT_COOKIE = 2;

  /** A handle, with a reference, and the attributes of its inode when it was opened. */
  record Fresh(Handle handle, Stat stat) {}

  private final Vfs vfs;
  private final NameOps names;
  private final AttrOps attributes;

  OpenOps(Vfs vfs, NameOps names, AttrOps attributes) {
    this.vfs = vfs;
    this.names = names;
    this.attributes = attributes;
  }

  // ---- open ----

  Fresh open(Caller caller, Inode inode, int flags) throws ErrnoException {
    boolean truncates = (flags & O_TRUNC) != 0;
    long stamp = truncates ? inode.opLock.write(LockRank.INODE) : inode.opLock.read(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      return openLocked(caller, inode, flags);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** With the inode locked; alone if O_TRUNC. */
  private Fresh openLocked(Caller caller, Inode inode, int flags) throws ErrnoException {
    Node node = inode.node;
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
    if (!Mode.isRegular(mode) && !Mode.isDirectory(mode)) {
      throw new ErrnoException(Errno.ENXIO);
    }
    if ((wanted & Access.WRITE) != 0) {
      NameOps.requireWritable(inode);
    }
    inode.hold();
    try {
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

  /** Rights an open needs; access mode 3, "for ioctl only", needs both (open(2), NOTES). */
  private static int wantedAccess(int flags) {
    int wanted =
        switch (flags & O_ACCMODE) {
          case O_RDONLY -> Access.READ;
          case OpenFlags.O_WRONLY -> Access.WRITE;
          default -> Access.READ | Access.WRITE;
        };
    return (flags & O_TRUNC) != 0 ? wanted | Access.WRITE : wanted;
  }

  // ---- create ----

  Fresh create(Caller caller, Inode dir, Name name, int flags, int mode) throws ErrnoException {
    NameOps.requireDirectory(dir);
    if ((flags & O_DIRECTORY) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      NameOps.requireLive(dir);
      Access.require(dir.node, caller, Access.EXECUTE);
      if (name.isDots()) {
        boolean exclusive = (flags & O_EXCL) != 0;
        throw new ErrnoException(exclusive ? Errno.EEXIST : Errno.EISDIR);
      }
      name.requireEntry();
      Inode there = names.child(dir, name);
      return there == null
          ? createLocked(caller, dir, name, flags, mode)
          : openExisting(caller, there, flags);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  private Fresh openExisting(Caller caller, Inode there, int flags) throws ErrnoException {
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

  private Fresh createLocked(Caller caller, Inode dir, @Nullable Name name, int flags, int mode)
      throws ErrnoException {
    names.requireMayMake(caller, dir);
    int wanted = Mode.S_IFREG | (mode & Mode.PERMISSIONS);
    boolean linkable = name != null || (flags & O_EXCL) == 0;
    // The permissions do not bind the one who makes the file: "the mode applies only to future
    // accesses" (open(2)).
    NameOps.Found made = names.makeLocked(caller, dir, name, wanted, 0, NO_TARGET, linkable);
    return new Fresh(new Handle(made.inode(), flags & ~OPENING_ONLY), made.stat());
  }

  Fresh tmpfile(Caller caller, Inode dir, int flags, int mode) throws ErrnoException {
    NameOps.requireDirectory(dir);
    // Access mode 3 will do, as it needs the right to write (Linux, build_open_flags).
    if ((flags & O_ACCMODE) == O_RDONLY) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long stamp = dir.opLock.write(LockRank.PARENT);
    try {
      NameOps.requireLive(dir);
      int kept = flags & ~(OpenFlags.O_TMPFILE | O_CREAT);
      return createLocked(caller, dir, null, kept, mode);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
  }

  // ---- readdir ----

  List<DirEntry> readdir(Caller caller, Handle handle, long cookie, int bytes, boolean withStat)
      throws ErrnoException {
    Inode dir = handle.inode;
    NameOps.requireDirectory(dir);
    if (cookie < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Page page = new Page(dir, bytes, withStat);
    long stamp = dir.opLock.read(LockRank.PARENT);
    try {
      NameOps.requireLive(dir);
      if (dir.node.nlink() == 0) {
        throw new ErrnoException(Errno.ENOENT);
      }
      page.fill(cookie);
    } finally {
      dir.opLock.unlock(LockRank.PARENT, stamp);
    }
    attributes.touch(dir, handle.flags());
    return page.entries();
  }

  /** Entries of one answer, while the directory is locked, shared. */
  private final class Page {
    private final Inode dir;
    private final boolean withStat;
    private final List<DirEntry> entries = new ArrayList<>();
    private int left;
    private boolean full;

    Page(Inode dir, int bytes, boolean withStat) {
      this.dir = dir;
      this.left = bytes;
      this.withStat = withStat;
    }

    void fill(long cookie) throws ErrnoException {
      if (cookie < DOT_COOKIE) {
        add(Name.DOT, dir.node, dir.mountPoint, DOT_COOKIE);
      }
      if (cookie < DOT_DOT_COOKIE && !full) {
        addParent();
      }
      if (!full) {
        dir.mount()
            .readdir(
                dir.node,
                Math.max(cookie, DOT_DOT_COOKIE),
                (name, node, next) -> add(name, node, dir.mountPoint, next));
      }
      if (full && entries.isEmpty()) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }

    private void addParent() throws ErrnoException {
      Inode below = dir;
      while (below == below.mountPoint.root() && below.mountPoint.covered() != null) {
        below = below.mountPoint.covered();
      }
      add(Name.DOT_DOT, below.mount().parent(below.node), below.mountPoint, DOT_DOT_COOKIE);
    }

    private boolean add(Name name, Node node, MountPoint mountPoint, long cookie)
        throws ErrnoException {
      left -= Readdir.ENTRY_BYTES + name.length() + (withStat ? Readdir.STAT_BYTES : 0);
      if (left < 0) {
        full = true;
        return false;
      }
      Inode mounted = mountedOn(node);
      Node shown = mounted == null ? node : mounted.node;
      InodeId id = shown.id();
      MountPoint of = mounted == null ? mountPoint : mounted.mountPoint;
      // The directory above is not locked while one below it is, so ".." comes without attributes.
      Stat stat = withStat && cookie != DOT_DOT_COOKIE ? statOf(shown, of) : null;
      entries.add(new DirEntry(name, id, Mode.direntType(shown.mode()), cookie, stat));
      return true;
    }

    /** The root of the mount that hides this entry, if one does. */
    private @Nullable Inode mountedOn(Node node) {
      if (!Mode.isDirectory(node.mode())) {
        return null;
      }
      for (MountPoint mountPoint : vfs.mountPoints()) {
        Inode covered = mountPoint.covered();
        if (covered != null && covered.id().equals(node.id())) {
          return mountPoint.root();
        }
      }
      return null;
    }

    /** Attributes of the directory itself or of what it names, which therefore has a link. */
    private Stat statOf(Node node, MountPoint mountPoint) throws ErrnoException {
      if (node.equals(dir.node)) {
        return dir.mount().stat(node);
      }
      Inode inode = vfs.inodes().holdNew(node, mountPoint);
      try {
        return AttrOps.stat(inode);
      } finally {
        vfs.put(inode);
      }
    }

    List<DirEntry> entries() {
      return entries;
    }
  }
}
