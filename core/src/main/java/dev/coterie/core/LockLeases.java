package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.api.lock.LockTable;
import dev.coterie.core.lease.LeaseHolder;
import dev.coterie.core.lease.LeaseTable;
import dev.coterie.core.lease.LeaseTable.Lease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The lock tables that are lent to one session, which is alone with them and decides by itself.
 * Whoever else asks, and that session too if it asks here, has the table called back first; what it
 * says is held is put in before anybody is answered.
 */
final class LockLeases {
  private final Session session;
  private final LeaseHolder holder; // immutable
  private final Vfs vfs;
  private final LockOps locks;

  /** Each with a reference: another inode would know nothing of it. */
  private final Map<InodeId, Inode> held = new HashMap<>(); // guarded by itself

  private boolean ended; // guarded by held

  LockLeases(Session session, LeaseHolder holder, Vfs vfs, LockOps locks) {
    this.session = session;
    this.holder = holder;
    this.vfs = vfs;
    this.locks = locks;
  }

  /** What others change too has locks of others too. */
  Leased lease(Handle handle) throws ErrnoException {
    Stat stat = vfs.ops(handle.inode).stat(handle.inode);
    if (!(handle.inode instanceof InsideInode inside) || !Mode.isRegular(inside.node.mode())) {
      return new Leased(stat, 0);
    }
    long stamp = inside.opLock.read(LockRank.INODE);
    try {
      Lease lease = grant(inside);
      return new Leased(stat, lease.mode(), lease.seq());
    } finally {
      inside.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** Has those called back that would not be lent any more. With no lock held. */
  void recallUnwanted() {
    List<Inode> all;
    synchronized (held) {
      all = List.copyOf(held.values());
    }
    for (Inode inode : all) {
      if (!isWanted(inode, vfs)) {
        leasesOf(inode).recallAll();
      }
    }
  }

  /** Whether leases on it are granted. With no lock held. */
  static boolean isWanted(Inode inode, Vfs vfs) {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      return vfs.choices().allows(inode);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private Lease grant(Inode inode) {
    synchronized (held) {
      if (ended || held.containsKey(inode.id()) || held.size() >= Limits.LEASES_PER_SESSION) {
        return Lease.NONE;
      }
      if (!vfs.choices().allows(inode)) {
        return Lease.NONE;
      }
      LockTable table = inode.lockTable(vfs.locks());
      LeaseTable leases = leasesOf(inode); // before the first who finds it lent looks for it
      if (!table.lend(session)) {
        return Lease.NONE;
      }
      Lease lease = leases.grant(holder, LeaseMode.EXCLUSIVE);
      if (lease.seq() == 0) {
        table.takeBack(List.of());
      } else {
        held.put(inode.id(), inode.get());
      }
      return lease;
    }
  }

  /**
   * Takes a table back; if the session does not have it, that is no error.
   *
   * @throws ErrnoException EINVAL it says something that cannot be; it still has the table
   */
  void giveBack(LeaseName lease, List<LeasedLock> all) throws ErrnoException {
    require(all.size() <= Limits.LOCKS_PER_RETURN);
    for (LeasedLock one : all) {
      require(one.lock().type() != RangeLock.Type.UNLOCK);
      Arguments.requireRange(one.lock());
    }
    Inode inode;
    synchronized (held) {
      inode = held.get(lease.id());
      if (inode == null || !leasesOf(inode).holds(holder, lease.seq())) {
        return;
      }
      held.remove(lease.id());
    }
    locks.adopt(inode, all, vfs);
    List<Runnable> told = leasesOf(inode).giveBack(holder, lease.seq());
    if (told != null) {
      told.forEach(Runnable::run);
    }
    vfs.put(inode);
  }

  private static void require(boolean condition) throws ErrnoException {
    if (!condition) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private LeaseTable leasesOf(Inode inode) {
    return inode.lockLeases(vfs::leaseAlarm);
  }

  /** No more are lent to it. Answers those that are, for {@link #letGo}. */
  List<Inode> end() {
    synchronized (held) {
      ended = true;
      List<Inode> all = new ArrayList<>(held.values());
      held.clear();
      return all;
    }
  }

  /** The locks that the session had decided on end with it. */
  void letGo(List<Inode> all) {
    for (Inode inode : all) {
      inode.lockTable(vfs.locks()).takeBack(List.of());
      leasesOf(inode).end(holder);
      vfs.put(inode);
    }
  }
}
