package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.api.XattrNames;
import dev.coterie.core.spi.Acl;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.InsideNode;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of an inode and what hangs on it: times, owner, mode, size, the target of a link (as
 * Linux's fs/attr.c).
 */
final class AttrOps {
  private static final long DAY_SECONDS = 24 * 60 * 60;

  private final Vfs vfs;

  AttrOps(Vfs vfs) {
    this.vfs = vfs;
  }

  /** The attributes, all of one moment. The caller counts on the inode; no lock of it is held. */
  Stat stat(InsideInode inode) throws ErrnoException {
    vfs.requireSeen(inode);
    long optimistic = inode.opLock.optimistic();
    if (optimistic != 0) {
      Stat stat = inode.mount().stat(inode.node);
      if (inode.opLock.validate(optimistic) && !inode.isDead()) {
        return stat;
      }
    }
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      return inode.mount().stat(inode.node);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  void access(Caller caller, InsideInode inode, int mask) throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode);
      if ((mask & Access.WRITE) != 0) {
        requireWritableKind(inode);
      }
      Access.require(inode.node, caller, mask);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /**
   * EROFS for what lives on the mount; a device or FIFO on a read-only mount may still be written.
   */
  private static void requireWritableKind(InsideInode inode) throws ErrnoException {
    int type = inode.node.mode() & Mode.S_IFMT;
    if (type == Mode.S_IFREG || type == Mode.S_IFDIR || type == Mode.S_IFLNK) {
      inode.requireWritable();
    }
  }

  byte[] readlink(InsideInode inode) throws ErrnoException {
    byte[] target;
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      if (!Mode.isSymlink(inode.node.mode())) {
        throw new ErrnoException(Errno.EINVAL);
      }
      target = inode.mount().readlink(inode.node);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    touch(inode, 0);
    return target;
  }

  // ---- access time ----

  /** Marks a read, as the mount's policy and the handle's flags have it. No lock is held. */
  void touch(InsideInode inode, int flags) throws ErrnoException {
    AtimePolicy policy = inode.mount().atimePolicy();
    if (policy == AtimePolicy.RELATIME && (flags & OpenFlags.STRICTATIME) != 0) {
      policy = AtimePolicy.STRICTATIME;
    }
    if (policy == AtimePolicy.NOATIME
        || (flags & OpenFlags.O_NOATIME) != 0
        || inode.mount().readOnly()
        || !wantsTouch(inode.node, policy, null)) {
      return;
    }
    Timestamp now = vfs.now();
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      if (!inode.isDead() && wantsTouch(inode.node, policy, now)) {
        inode.mount().apply(new Command.Touch(inode.node, now));
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /**
   * "Access time is only updated if the previous access time was earlier than or equal to the
   * current modify or change time" or is a day old (mount(8), relatime).
   */
  private boolean wantsTouch(InsideNode node, AtimePolicy policy, @Nullable Timestamp known) {
    Timestamp atime = node.atime();
    if (policy == AtimePolicy.STRICTATIME
        || atime.compareTo(node.mtime()) <= 0
        || atime.compareTo(node.ctime()) <= 0) {
      return true;
    }
    Timestamp now = known != null ? known : vfs.now();
    return now.seconds() - atime.seconds() >= DAY_SECONDS;
  }

  // ---- setattr ----

  /**
   * @param opened whether a size is set through a handle, else by permission on the file
   */
  Stat setattr(Caller caller, InsideInode inode, boolean opened, SetAttr change)
      throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      return setattrLocked(caller, inode, opened, change);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /**
   * With the inode locked, alone.
   *
   * @param opened whether the right to set the size was checked when the file was opened
   */
  Stat setattrLocked(Caller caller, InsideInode inode, boolean opened, SetAttr change)
      throws ErrnoException {
    vfs.requireSeenToChange(inode); // what is refused shows something too
    InsideNode node = inode.node;
    int before = node.mode();
    Timestamp now = vfs.now();
    inode.requireWritable();
    if (change.size() != null && !opened) {
      Access.require(node, caller, Access.WRITE);
    }
    if (change.size() != null && change.size() > 0) {
      vfs.counters().requireContent(inode);
    }
    requireTimes(caller, node, change);
    requireOwners(caller, node, change);
    int uid = changed(change.uid(), node.uid());
    int gid = changed(change.gid(), node.gid());
    int mode = newMode(caller, node, change, gid);
    vfs.requireUnleased(inode);
    if (change.size() != null || change.uid() != null || change.gid() != null) {
      dropCapability(inode);
    }
    long size = change.size() == null ? -1 : change.size();
    boolean resized = size >= 0 && (opened || isResized(inode, size));
    Timestamp ctime =
        resized || mode != node.mode() || !change.withoutSize().equals(SetAttr.NOTHING)
            ? now
            : node.ctime();
    inode
        .mount()
        .apply(
            new Command.SetAttr(
                node,
                mode,
                newAcl(node, change, mode),
                uid,
                gid,
                size,
                time(change.atime(), node.atime(), now),
                resized && change.mtime() == null ? now : time(change.mtime(), node.mtime(), now),
                ctime));
    boolean modeDropped = mode != before; // also by a chown that names no owner
    vfs.changes().changed(inode, kinds(change) | (modeDropped ? Change.ATTRIB : 0));
    return inode.mount().stat(node);
  }

  /** What a watch is told of such a change. Source: linux/fsnotify.h, fsnotify_change. */
  private static int kinds(SetAttr change) {
    int kinds = 0;
    if (isGiven(change.uid()) || isGiven(change.gid()) || change.mode() != null) {
      kinds |= Change.ATTRIB;
    }
    if (change.size() != null) {
      kinds |= Change.MODIFY;
    }
    if (change.atime() != null && change.mtime() != null) {
      kinds |= Change.ATTRIB;
    } else if (change.atime() != null) {
      kinds |= Change.ACCESS;
    } else if (change.mtime() != null) {
      kinds |= Change.MODIFY;
    }
    return kinds;
  }

  /** "The mask entry is modified" by chmod(2), or without one the group's (acl(5)). */
  private static @Nullable Acl newAcl(InsideNode node, SetAttr change, int mode) {
    Acl acl = node.accessAcl();
    return acl == null || change.mode() == null ? acl : acl.withMode(mode);
  }

  /**
   * Before content or owner of a program change, it loses what it may do beyond its user: whoever
   * changes it, root too. A directory keeps what it has. With the inode locked, alone. Source:
   * capabilities(7); Linux dentry_needs_remove_privs.
   */
  void dropCapability(InsideInode inode) throws ErrnoException {
    if (!inode.isDirectory() && inode.mount().getxattr(inode.node, XattrNames.CAPABILITY) != null) {
      inode.mount().apply(new Command.RemoveXattr(inode.node, XattrNames.CAPABILITY, vfs.now()));
    }
  }

  private static int changed(@Nullable Integer id, int present) {
    return id == null || id == SetAttr.SAME ? present : id;
  }

  /**
   * Whether truncate(2) to this length changes anything. Through a handle the times are marked
   * anyway, as by O_TRUNC; by name, to the present length, only where there is content or space
   * that may lie behind the end (mm/shmem.c, shmem_setattr).
   */
  private static boolean isResized(InsideInode inode, long size) throws ErrnoException {
    return size != inode.node.size() || inode.mount().stat(inode.node).blocks() > 0;
  }

  private static Timestamp time(SetAttr.@Nullable Time time, Timestamp present, Timestamp now) {
    return switch (time) {
      case null -> present;
      case SetAttr.Time.Now _ -> now;
      case SetAttr.Time.At(var at) -> at;
    };
  }

  /**
   * Both to now: the owner, or who may write (EACCES); anything else: the owner (EPERM). Source:
   * utimensat(2).
   */
  private static void requireTimes(Caller caller, InsideNode node, SetAttr change)
      throws ErrnoException {
    if (change.atime() == null && change.mtime() == null) {
      return;
    }
    boolean bothNow =
        change.atime() instanceof SetAttr.Time.Now && change.mtime() instanceof SetAttr.Time.Now;
    if (!bothNow) {
      Access.requireOwner(node, caller);
    } else if (!Access.owns(node, caller)) {
      Access.require(node, caller, Access.WRITE);
    }
  }

  private static void requireOwners(Caller caller, InsideNode node, SetAttr change)
      throws ErrnoException {
    if (caller.isRoot()) {
      return;
    }
    boolean owner = caller.uid() == node.uid();
    int uid = changed(change.uid(), node.uid());
    int gid = changed(change.gid(), node.gid());
    boolean given = isGiven(change.uid()) || isGiven(change.gid());
    boolean mine = uid == node.uid() && (gid == node.gid() || caller.inGroup(gid));
    if (given && (!owner || !mine)) {
      throw new ErrnoException(Errno.EPERM);
    }
  }

  private static boolean isGiven(@Nullable Integer id) {
    return id != null && id != SetAttr.SAME;
  }

  private static int newMode(Caller caller, InsideNode node, SetAttr change, int gid)
      throws ErrnoException {
    int mode = node.mode();
    if ((change.uid() != null || change.gid() != null) && !Mode.isDirectory(mode)) {
      // chown(2): "the S_ISUID and S_ISGID mode bits are cleared"; Linux does it for root too.
      mode = Access.withoutSetId(mode, node.gid(), caller);
      if (mode != node.mode()) {
        Access.requireOwner(node, caller); // also where neither owner nor group is given
      }
    } else if (change.size() != null) {
      mode = Access.modeAfterWrite(node, caller);
    }
    Integer wanted = change.mode();
    if (wanted != null) {
      if (Mode.isSymlink(mode)) {
        throw new ErrnoException(Errno.EOPNOTSUPP);
      }
      Access.requireOwner(node, caller);
      mode = (mode & Mode.S_IFMT) | (wanted & Mode.PERMISSIONS);
      // chmod(2): "If the calling process is not privileged, and the group of the file does not
      // match ... S_ISGID is turned off".
      if (!Access.keepsSetgid(gid, caller)) {
        mode &= ~Mode.S_ISGID;
      }
    }
    return mode;
  }
}
