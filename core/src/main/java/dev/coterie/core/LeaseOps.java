package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import dev.coterie.core.lease.LeaseHolder;
import dev.coterie.core.lease.LeaseTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Leases of one session, and the recalls that it has not taken yet. */
final class LeaseOps implements LeaseHolder {
  private final Session session;
  private final Vfs vfs;
  private final ConcurrentHashMap<InodeId, LeaseTable> held = new ConcurrentHashMap<>();
  private final ArrayDeque<LeaseName> recalls = new ArrayDeque<>(); // guarded by itself
  private @Nullable Request<?> taker; // guarded by recalls: waits for one
  private int most; // guarded by recalls: how many it takes
  private boolean ended; // guarded by held

  LeaseOps(Session session, Vfs vfs) {
    this.session = session;
    this.vfs = vfs;
  }

  // ---- having ----

  /**
   * Only what this tree alone changes can be promised not to change, and only what a copy is of use
   * of.
   */
  Leased lease(Inode inode) throws ErrnoException {
    if (!(inode instanceof InsideInode inside)
        || !(Mode.isRegular(inside.node.mode()) || inside.isDirectory())) {
      return new Leased(vfs.ops(inode).stat(inode), 0);
    }
    vfs.leases().use();
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      Stat stat = inside.mount().stat(inside.node);
      return new Leased(stat, grant(inside));
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private int grant(InsideInode inode) {
    synchronized (held) {
      boolean known = held.containsKey(inode.id());
      if (ended || (!known && held.size() >= Limits.LEASES_PER_SESSION)) {
        return 0;
      }
      LeaseTable table = inode.leaseTable(vfs::leaseAlarm);
      int seq = table.grant(this);
      if (seq != 0) {
        held.put(inode.id(), table);
      }
      return seq;
    }
  }

  // ---- giving back ----

  void giveBack(List<LeaseName> leases) throws ErrnoException {
    if (leases.size() > Limits.LEASES_PER_MESSAGE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    for (LeaseName lease : leases) {
      LeaseTable table = held.get(lease.id());
      if (table != null && table.giveBack(this, lease.seq())) {
        held.remove(lease.id(), table);
      }
    }
  }

  /** The session has none any more, and gets no more. With no lock held. */
  void end() {
    List<LeaseTable> all;
    synchronized (held) {
      ended = true;
      all = new ArrayList<>(held.values());
      held.clear();
    }
    all.forEach(table -> table.end(this));
  }

  // ---- recalls ----

  @Override
  public void recall(LeaseName lease) {
    Request<?> told;
    List<LeaseName> taken;
    synchronized (recalls) {
      recalls.add(lease);
      if (taker == null) {
        return;
      }
      told = taker;
      taker = null;
      taken = take(most);
    }
    told.finished(taken);
  }

  @Override
  public void expire() {
    session.expire();
  }

  /** Null: the request will be told. */
  @Nullable List<LeaseName> nextOrWait(int max, Request<?> request) throws ErrnoException {
    requirePositive(max);
    synchronized (recalls) {
      if (!recalls.isEmpty()) {
        return take(max);
      }
      if (taker != null) {
        throw new ErrnoException(Errno.EBUSY);
      }
      request.waitsAt(() -> withdraw(request));
      taker = request;
      most = max;
      return null;
    }
  }

  private boolean withdraw(Request<?> request) {
    synchronized (recalls) {
      if (!request.equals(taker)) {
        return false;
      }
      taker = null;
      return true;
    }
  }

  List<LeaseName> next(int max) throws ErrnoException {
    requirePositive(max);
    synchronized (recalls) {
      if (recalls.isEmpty()) {
        throw new ErrnoException(Errno.EAGAIN);
      }
      return take(max);
    }
  }

  private static void requirePositive(int max) throws ErrnoException {
    if (max <= 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private List<LeaseName> take(int max) {
    List<LeaseName> taken = new ArrayList<>();
    int count = Math.min(max, Limits.LEASES_PER_MESSAGE);
    while (taken.size() < count && !recalls.isEmpty()) {
      taken.add(recalls.remove());
    }
    return taken;
  }
}
