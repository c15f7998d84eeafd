package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Setxattr;
import dev.coterie.api.XattrNames;
import dev.coterie.core.spi.Command;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Extended attributes of inside mounts, by name space: {@code user.*} under the file's permissions,
 * {@code trusted.*} for root alone, {@code security.*} written by root. Of {@code system.*} there
 * are access control lists, {@link AclOps}, and what makes a file an event counter, {@link
 * Counters}. Source: xattr(7).
 */
final class XattrOps {
  private static final String USER = "user.";
  private static final String TRUSTED = "trusted.";
  private static final String SECURITY = "security.";
  private static final String SYSTEM = "system.";
  private static final byte[] NONE = {};

  // What begins the capabilities of a file, and how long they are. Source: linux/capability.h.
  private static final int CAPABILITY_2 = 0x02000000;
  private static final int CAPABILITY_2_BYTES = 20;
  private static final int CAPABILITY_3 = 0x03000000;
  private static final int CAPABILITY_3_BYTES = 24;
  private static final int CAPABILITY_EFFECTIVE = 1;

  private final Vfs vfs;
  private final AclOps acls;

  XattrOps(Vfs vfs) {
    this.vfs = vfs;
    this.acls = new AclOps(vfs);
  }

  byte[] get(Caller caller, InsideInode inode, Name name) throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode); // a write takes a capability away, a new mode changes the list
      if (XattrNames.isAcl(name)) {
        return AclOps.value(inode.node, name);
      }
      if (name.equals(XattrNames.COUNTER)) {
        return vfs.counters().value(caller, inode);
      }
      requireAccess(caller, inode, name, Access.READ);
      byte[] value = inode.mount().getxattr(inode.node, name);
      if (value == null) {
        throw new ErrnoException(Errno.ENODATA);
      }
      return value;
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  List<Name> list(Caller caller, InsideInode inode) throws ErrnoException {
    List<Name> all;
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode);
      all = AclOps.withLists(inode.node, inode.mount().listxattr(inode.node));
      if (vfs.counters().find(inode) != null) {
        all = new ArrayList<>(all);
        all.add(XattrNames.COUNTER);
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    return caller.isRoot() ? all : all.stream().filter(name -> !name.startsWith(TRUSTED)).toList();
  }

  void set(Caller caller, InsideInode inode, Name name, byte[] value, int flags)
      throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeenToChange(inode);
      inode.requireWritable();
      if (XattrNames.isAcl(name)) {
        acls.setLocked(caller, inode, name, value); // whatever the flags say, as Linux has it
        vfs.changes().changed(inode, Change.ATTRIB);
        return;
      }
      if (name.equals(XattrNames.COUNTER)) {
        vfs.requireUnleased(inode);
        vfs.counters().make(caller, inode, value, flags);
        vfs.changes().changed(inode, Change.ATTRIB);
        return;
      }
      requireCapability(name, value);
      requireAccess(caller, inode, name, Access.WRITE);
      boolean choice = isChoice(caller, inode, name) && CopyChoices.choice(value);
      boolean exists = inode.mount().getxattr(inode.node, name) != null;
      if (exists && (flags & Setxattr.XATTR_CREATE) != 0) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (!exists && (flags & Setxattr.XATTR_REPLACE) != 0) {
        throw new ErrnoException(Errno.ENODATA);
      }
      vfs.requireUnleased(inode);
      inode.mount().apply(new Command.SetXattr(inode.node, name, value, vfs.now()));
      if (name.equals(XattrNames.COPIES)) {
        vfs.choices().chooses(inode.id(), choice);
      }
      vfs.changes().changed(inode, Change.ATTRIB);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    recallUnwanted(name);
  }

  /** Whether it is the owner's choice of copies; EPERM it is another's. */
  private static boolean isChoice(Caller caller, InsideInode inode, Name name)
      throws ErrnoException {
    boolean choice = name.equals(XattrNames.COPIES);
    if (choice) {
      Access.requireOwner(inode.node, caller);
    }
    return choice;
  }

  private void recallUnwanted(Name name) {
    if (name.equals(XattrNames.COPIES)) {
      vfs.recallUnwanted();
    }
  }

  void remove(Caller caller, InsideInode inode, Name name) throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeenToChange(inode);
      inode.requireWritable();
      if (XattrNames.isAcl(name)) {
        acls.setLocked(caller, inode, name, NONE);
        vfs.changes().changed(inode, Change.ATTRIB);
        return;
      }
      if (name.equals(XattrNames.COUNTER)) {
        throw new ErrnoException(vfs.counters().whyNotRemoved(inode));
      }
      requireAccess(caller, inode, name, Access.WRITE);
      isChoice(caller, inode, name);
      if (inode.mount().getxattr(inode.node, name) == null) {
        throw new ErrnoException(Errno.ENODATA);
      }
      vfs.requireUnleased(inode);
      inode.mount().apply(new Command.RemoveXattr(inode.node, name, vfs.now()));
      if (name.equals(XattrNames.COPIES)) {
        vfs.choices().forget(inode.id());
      }
      vfs.changes().changed(inode, Change.ATTRIB);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    recallUnwanted(name);
  }

  /**
   * The rules of a name space, in Linux's order: xattr_permission, cap_inode_setxattr, then whether
   * there is such a name space (xattr_resolve_name).
   */
  private static void requireAccess(Caller caller, InsideInode inode, Name name, int mask)
      throws ErrnoException {
    boolean write = (mask & Access.WRITE) != 0;
    if (name.startsWith(SECURITY)) {
      if (write && !caller.isRoot()) {
        throw new ErrnoException(Errno.EPERM);
      }
      requireMore(name, SECURITY);
    } else if (name.startsWith(TRUSTED)) {
      if (!caller.isRoot()) {
        throw new ErrnoException(write ? Errno.EPERM : Errno.ENODATA);
      }
      requireMore(name, TRUSTED);
    } else if (name.startsWith(USER)) {
      requireUserAccess(caller, inode, mask);
      requireMore(name, USER);
    } else {
      if (!name.startsWith(SYSTEM)) {
        Access.require(inode.node, caller, mask);
      }
      throw new ErrnoException(Errno.EOPNOTSUPP);
    }
  }

  /**
   * EINVAL for what are no capabilities of a file, before anything else (cap_convert_nscap); Linux
   * lets no bytes at all pass.
   */
  private static void requireCapability(Name name, byte[] value) throws ErrnoException {
    if (!name.equals(XattrNames.CAPABILITY) || value.length == 0) {
      return;
    }
    int version =
        value.length < Integer.BYTES
            ? 0
            : ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt(0)
                & ~CAPABILITY_EFFECTIVE;
    boolean valid =
        switch (version) {
          case CAPABILITY_2 -> value.length == CAPABILITY_2_BYTES;
          case CAPABILITY_3 -> value.length == CAPABILITY_3_BYTES;
          default -> false;
        };
    if (!valid) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private static void requireMore(Name name, String prefix) throws ErrnoException {
    if (name.length() == prefix.length()) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private static void requireUserAccess(Caller caller, InsideInode inode, int mask)
      throws ErrnoException {
    int mode = inode.node.mode();
    boolean write = (mask & Access.WRITE) != 0;
    if (!Mode.isRegular(mode) && !Mode.isDirectory(mode)) {
      throw new ErrnoException(write ? Errno.EPERM : Errno.ENODATA);
    }
    if (write
        && Mode.isDirectory(mode)
        && (mode & Mode.S_ISVTX) != 0
        && !Access.owns(inode.node, caller)) {
      throw new ErrnoException(Errno.EPERM);
    }
    Access.require(inode.node, caller, mask);
  }
}
