package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.XattrNames;
import dev.coterie.core.spi.Acl;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Access control lists of inside mounts, as attributes (as Linux's fs/posix_acl.c, whose order of
 * checks decides which of several errors a caller sees). What they allow is told by {@link Access}.
 */
final class AclOps {
  private final Vfs vfs;

  AclOps(Vfs vfs) {
    this.vfs = vfs;
  }

  /** The value of one of the two attributes. Everybody may read it. Inode locked. */
  static byte[] value(InsideNode node, Name name) throws ErrnoException {
    requireKind(node);
    Acl acl = name.equals(XattrNames.ACL_DEFAULT) ? node.defaultAcl() : node.accessAcl();
    if (acl == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
    return acl.toBytes();
  }

  /** The names of the lists there are, then the others, as the kernel's tmpfs lists them. */
  static List<Name> withLists(InsideNode node, List<Name> others) {
    if (node.accessAcl() == null && node.defaultAcl() == null) {
      return others;
    }
    List<Name> all = new ArrayList<>(others.size() + 2);
    if (node.accessAcl() != null) {
      all.add(XattrNames.ACL_ACCESS);
    }
    if (node.defaultAcl() != null) {
      all.add(XattrNames.ACL_DEFAULT);
    }
    all.addAll(others);
    return all;
  }

  /**
   * Sets a list, or with an empty value takes it away, be there one or not. Inode locked, alone,
   * and its mount writable.
   */
  void setLocked(Caller caller, InsideInode inode, Name name, byte[] value) throws ErrnoException {
    InsideNode node = inode.node;
    boolean isDefault = name.equals(XattrNames.ACL_DEFAULT);
    Acl acl = Acl.of(value);
    requireKind(node);
    if (isDefault && !Mode.isDirectory(node.mode())) {
      if (acl != null) {
        throw new ErrnoException(Errno.EACCES);
      }
      return;
    }
    Access.requireOwner(node, caller);
    if (acl != null) {
      acl.requireValid();
    }
    vfs.requireUnleased(inode);
    if (isDefault) {
      inode.mount().apply(new Command.SetDefaultAcl(node, acl, vfs.now()));
      return;
    }
    // A list that says no more than a mode is one: posix_acl_update_mode.
    Acl kept = acl == null || acl.isMode() ? null : acl;
    inode.mount().apply(new Command.SetAcl(node, kept, newMode(caller, node, acl), vfs.now()));
  }

  private static int newMode(Caller caller, InsideNode node, @Nullable Acl acl) {
    int mode = acl == null ? node.mode() : (node.mode() & ~0777) | acl.permissions();
    return Access.keepsSetgid(node.gid(), caller) ? mode : mode & ~Mode.S_ISGID;
  }

  private static void requireKind(InsideNode node) throws ErrnoException {
    if (Mode.isSymlink(node.mode())) {
      throw new ErrnoException(Errno.EOPNOTSUPP);
    }
  }
}
