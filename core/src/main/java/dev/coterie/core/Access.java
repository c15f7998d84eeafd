package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.core.spi.Acl;
import dev.coterie.core.spi.InsideNode;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, by owner, group, mode, access control list and the sticky bit. Source: inode(7),
 * acl(5), path_resolution(7).
 */
final class Access {
  static final int READ = 4;
  static final int WRITE = 2;
  static final int EXECUTE = 1;

  private Access() {}

  /** Whether the caller has all rights of {@code mask} on the node. */
  static boolean may(InsideNode node, Caller caller, int mask) {
    int mode = node.mode();
    if (caller.isRoot()) {
      // "execute permission is granted if at least one execute bit is set" (path_resolution(7), for
      // CAP_DAC_OVERRIDE).
      return (mask & EXECUTE) == 0 || Mode.isDirectory(mode) || (mode & 0111) != 0;
    }
    if (caller.uid() == node.uid()) {
      return ((mode >>> 6) & mask) == mask;
    }
    // Linux does not look at a list whose mask gives nothing (acl_permission_check).
    Acl acl = (mode & 070) == 0 ? null : node.accessAcl();
    if (acl != null) {
      return acl.grants(caller, node.gid(), mask);
    }
    int shift = caller.inGroup(node.gid()) ? 3 : 0;
    return ((mode >>> shift) & mask) == mask;
  }

  static void require(InsideNode node, Caller caller, int mask) throws ErrnoException {
    if (!may(node, caller, mask)) {
      throw new ErrnoException(Errno.EACCES);
    }
  }

  /** Whether the caller owns the node or is root (CAP_FOWNER). */
  static boolean owns(InsideNode node, Caller caller) {
    return caller.isRoot() || caller.uid() == node.uid();
  }

  static void requireOwner(InsideNode node, Caller caller) throws ErrnoException {
    if (!owns(node, caller)) {
      throw new ErrnoException(Errno.EPERM);
    }
  }

  /**
   * Whether names may be added to or taken from a directory, and not "the sticky bit forbids this
   * one".
   */
  static void requireRemoval(InsideNode dir, InsideNode victim, Caller caller)
      throws ErrnoException {
    require(dir, caller, WRITE | EXECUTE);
    // "a file in that directory can be renamed or deleted only by the owner of the file, by the
    // owner of the directory, and by
    // a privileged process" (inode(7), S_ISVTX).
    if ((dir.mode() & Mode.S_ISVTX) != 0 && caller.uid() != victim.uid() && !owns(dir, caller)) {
      throw new ErrnoException(Errno.EPERM);
    }
  }

  /**
   * Whether the set-group-ID bit survives for this caller: a member of the group, or root
   * (CAP_FSETID).
   */
  static boolean keepsSetgid(int gid, Caller caller) {
    return caller.isRoot() || caller.inGroup(gid);
  }

  /**
   * The mode after a write: "the set-user-ID and set-group-ID bits are cleared" unless by root.
   * Source: inode(7), write(2).
   */
  static int modeAfterWrite(InsideNode node, Caller caller) {
    int mode = node.mode();
    if ((mode & (Mode.S_ISUID | Mode.S_ISGID)) == 0 || caller.isRoot() || !Mode.isRegular(mode)) {
      return mode;
    }
    return withoutSetId(mode, node.gid(), caller);
  }

  /**
   * As Linux drops them: a set-group-ID bit without group execute meant locking once and stays for
   * members.
   */
  static int withoutSetId(int mode, int gid, Caller caller) {
    int result = mode & ~Mode.S_ISUID;
    boolean drop = (mode & Mode.S_IXGRP) != 0 || !keepsSetgid(gid, caller);
    return drop ? result & ~Mode.S_ISGID : result;
  }

  /** What a new inode begins with. */
  record Permissions(int mode, @Nullable Acl accessAcl, @Nullable Acl defaultAcl) {}

  /**
   * The permissions of a new inode in a directory, by the directory's default list or else the
   * umask; neither binds symbolic links. Source: acl(5), "Object creation and default ACLs"; Linux
   * posix_acl_create.
   */
  static Permissions ofNew(InsideNode dir, int mode, Caller caller) {
    if (Mode.isSymlink(mode)) {
      return new Permissions(mode, null, null);
    }
    int wanted = withSetgid(dir, mode, caller);
    Acl inherited = dir.defaultAcl();
    if (inherited == null) {
      return new Permissions(wanted & ~caller.umask(), null, null);
    }
    Acl acl = inherited.forNew(wanted);
    return new Permissions(
        (wanted & ~0777) | acl.permissions(),
        acl.isMode() ? null : acl,
        Mode.isDirectory(mode) ? inherited : null);
  }

  /**
   * A new directory inherits a directory's set-group-ID bit, and a file gets one only from a member
   * of the group. Source: inode(7), S_ISGID; Linux vfs_prepare_mode.
   */
  private static int withSetgid(InsideNode dir, int mode, Caller caller) {
    if ((dir.mode() & Mode.S_ISGID) == 0) {
      return mode;
    }
    if (Mode.isDirectory(mode)) {
      return mode | Mode.S_ISGID;
    }
    int both = Mode.S_ISGID | Mode.S_IXGRP;
    boolean strips = (mode & both) == both && !keepsSetgid(dir.gid(), caller);
    return strips ? mode & ~Mode.S_ISGID : mode;
  }

  /**
   * The group of a new inode: the directory's if that has the set-group-ID bit, else the caller's.
   */
  static int newGroup(InsideNode dir, Caller caller) {
    return (dir.mode() & Mode.S_ISGID) != 0 ? dir.gid() : caller.gid();
  }
}
