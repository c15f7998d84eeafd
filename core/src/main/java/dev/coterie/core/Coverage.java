package dev.coterie.core;

import dev.coterie.api.ErrnoException;
import dev.coterie.core.lease.LeaseConflict;
import dev.coterie.core.lease.LeaseHolder;
import dev.coterie.core.lease.LeaseTable;
import dev.coterie.core.lease.Leases;
import dev.coterie.core.spi.InsideNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which leases cover an inode: its own, of a directory that of its names, and that of the names of
 * the one directory that names it. A lease on names covers the attributes of what has one name, and
 * of directories; whoever has it may know those that were told after the grant.
 *
 * <p>A directory's lease is granted without its entries being locked. That is enough: an entry
 * changes under its own operation lock, in which the leases are looked at too; and who has been
 * granted one asks for attributes later, which are told under that lock. So they are told before
 * the change looked, and then it finds the lease; or they are told as they are after it.
 *
 * <p>Of what a session has an exclusive lease on nobody else knows the attributes: there was no
 * lease on the names that cover it when that was granted, and they are not told since. So what was
 * kept back does not wait for those.
 */
final class Coverage {
  private final InodeTable inodes;
  private final Leases leases;

  Coverage(InodeTable inodes, Leases leases) {
    this.inodes = inodes;
    this.leases = leases;
  }

  /** Before changes of these, under their operation locks; null: there is none. */
  void requireUnleased(@Nullable Inode... changed) throws ErrnoException {
    if (!leases.areUsed()) {
      return;
    }
    List<LeaseTable> held = null;
    for (Inode inode : changed) {
      if (inode != null) {
        LeaseTable own = inode.leaseTable();
        held = with(held, own);
        held = with(held, inode.namesTable());
        if (own == null || !leases.isAlone(own)) {
          held = with(held, covering(inode));
        }
      }
    }
    if (held != null) {
      throw new LeaseConflict(held);
    }
  }

  private @Nullable List<LeaseTable> with(
      @Nullable List<LeaseTable> held, @Nullable LeaseTable table) {
    if (table == null || !leases.isHeldByOther(table)) {
      return held;
    }
    List<LeaseTable> all = held == null ? new ArrayList<>(2) : held;
    if (!all.contains(table)) {
      all.add(table);
    }
    return all;
  }

  /** The lease on the names that cover an inode, which is locked, shared or alone. */
  private @Nullable LeaseTable covering(Inode inode) throws ErrnoException {
    if (!(inode instanceof InsideInode inside)
        || (!inside.isDirectory() && inside.node.nlink() != 1)) {
      return null;
    }
    InsideNode above = inside.mount().anyParent(inside.node);
    Inode directory = above == null ? null : inodes.peek(above.id());
    return directory == null ? null : directory.namesTable();
  }

  /** Whether others may know its attributes as those of an entry. It is locked. */
  boolean isCoveredBeside(InsideInode inode, LeaseHolder self) throws ErrnoException {
    LeaseTable table = covering(inode);
    return table != null && table.isHeldBeside(self);
  }
}
