package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.core.lease.LeaseHolder;
import dev.coterie.core.lease.LeaseTable;
import dev.coterie.core.lease.LeaseTable.Lease;
import dev.coterie.core.lease.LeaseTable.Returned;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Leases of one session, and the recalls that it has not taken yet. */
final class LeaseOps implements LeaseHolder {
  private final Session session;
  private final Vfs vfs;
  private final LockLeases locks;

  /**
   * What it has leases on, each with a reference: another inode would know nothing of the lease.
   */
  private final Map<InodeId, Inode> held = new HashMap<>(); // guarded by itself

  private final Recalls recalls = new Recalls();
  private boolean ended; // guarded by held
  private final KeyOps keys;
  private final AtomicLong marks = new AtomicLong(); // of the last recall
  private final AtomicLong heardAt = new AtomicLong(); // the last mark that was heard after
  private volatile boolean endedHere; // the other end may not know of the end yet
  private volatile long endMark; // before endedHere: nothing since then, and it has run out

  LeaseOps(Session session, Vfs vfs, LockOps locks) {
    this.session = session;
    this.vfs = vfs;
    this.keys = new KeyOps(this, vfs.keys());
    this.locks = new LockLeases(session, this, vfs, locks);
  }

  KeyOps keys() {
    return keys;
  }

  // ---- having ----

  /**
   * Only what this tree alone changes can be promised not to change, and only what a copy is of use
   * of: not a counter, which reading changes. A file becomes one by a change like others. What an
   * outside mount shows it shows without a look at leases, so there nobody has one alone.
   */
  Leased lease(Inode inode, LeaseMode mode) throws ErrnoException {
    boolean copied = inode.node().type() == Mode.S_IFREG || inode.isDirectory();
    if (!copied) {
      return new Leased(vfs.ops(inode).stat(inode), 0);
    }
    vfs.leases().use();
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode);
      boolean shared = inode.isDirectory() || inode instanceof OutsideInode;
      Stat stat =
          switch (inode) {
            case InsideInode inside -> inside.mount().stat(inside.node);
            case OutsideInode outside -> outside.counted(outside.mount().stat(outside.node));
          };
      if (inode instanceof InsideInode inside && vfs.counters().find(inside) != null) {
        return new Leased(stat, 0);
      }
      Lease lease = grant(inode, shared ? LeaseMode.SHARED : mode);
      return new Leased(stat, lease.mode(), lease.seq());
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private Lease grant(Inode inode, LeaseMode mode) {
    synchronized (held) {
      if (ended || !vfs.choices().allows(inode)) { // before another choice looks for what is held
        return Lease.NONE;
      }
      if (held.containsKey(inode.id())) {
        return tableOf(inode).grant(this, mode);
      }
      if (held.size() >= Limits.LEASES_PER_SESSION || !inode.tryGet()) {
        return Lease.NONE;
      }
      Lease lease = tableOf(inode).grant(this, mode);
      if (lease.seq() == 0) {
        vfs.inodes().put(inode);
      } else {
        held.put(inode.id(), inode);
      }
      return lease;
    }
  }

  Leased lease(Handle handle) throws ErrnoException {
    return locks.lease(handle);
  }

  /**
   * What was opened, with a lease if the opening wishes for one and it can be had. Not for who does
   * not hear of recalls: flags are passed on by many who do not know of this one.
   */
  Opened with(Opened opened, Inode inode, Operation.Opening operation) {
    if (!(operation instanceof Operation.Open(_, var flags))
        || (flags & OpenFlags.LEASE) == 0
        || !recalls.areHeard()) {
      return opened;
    }
    try {
      boolean reads = (flags & OpenFlags.READ_SOON) != 0 && OpenFlags.reads(flags);
      if (reads && opened.stat().isRegular()) {
        if (!(inode instanceof InsideInode inside)) {
          return opened; // the read itself marks it, so that attributes of now would be too old
        }
        new AttrOps(vfs).touch(inside, opened.flags());
      }
      return opened.with(lease(inode, LeaseMode.SHARED));
    } catch (ErrnoException e) {
      return opened; // it is open: nothing that stands in the way of a lease does in that of this
    }
  }

  boolean hasAlone(InodeId id) {
    synchronized (held) {
      Inode inode = held.get(id);
      return inode != null && tableOf(inode).isHeldAlone();
    }
  }

  // ---- giving back ----

  Done giveBack(LeaseName lease, List<LeasedLock> all) throws ErrnoException {
    if (lease.plane() != LeasePlane.LOCKS) {
      throw new ErrnoException(Errno.EINVAL);
    }
    locks.giveBack(lease, all);
    drop(lease);
    return Done.DONE;
  }

  Done giveBack(List<LeaseName> leases) throws ErrnoException {
    if (leases.size() > Limits.LEASES_PER_MESSAGE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    for (LeaseName lease : leases) {
      giveBack(lease);
    }
    return Done.DONE;
  }

  private void giveBack(LeaseName lease) {
    if (lease.plane() != LeasePlane.INODE) {
      return; // of the others it has none
    }
    recalls.answered(lease); // also if it is too late for it
    Inode inode;
    Returned returned;
    synchronized (held) {
      inode = held.get(lease.id());
      if (inode == null) {
        return;
      }
      returned = tableOf(inode).giveBack(this, lease.seq(), lease.keeps());
      if (returned == null) {
        return;
      }
      if (returned.gone()) {
        held.remove(lease.id());
      }
    }
    drop(lease);
    returned.told().forEach(Runnable::run);
    if (returned.gone()) {
      vfs.inodes().put(inode);
    }
  }

  /** It was given back: whoever takes recalls need not hear of it. */
  void drop(LeaseName lease) {
    recalls.drop(lease);
  }

  private LeaseTable tableOf(Inode inode) {
    return inode.leaseTable(vfs::leaseAlarm);
  }

  /** Has those recalled that would not be granted any more. With no lock held. */
  void recallUnwanted() {
    List<Inode> all;
    synchronized (held) {
      all = List.copyOf(held.values());
    }
    for (Inode inode : all) {
      if (!LockLeases.isWanted(inode, vfs)) {
        tableOf(inode).recallAll();
      }
    }
    locks.recallUnwanted();
  }

  /**
   * The session has none any more, and gets no more; nothing of it is at work. With no lock held.
   */
  void end() {
    List<Inode> all;
    synchronized (held) {
      ended = true;
      all = new ArrayList<>(held.values());
      held.clear();
    }
    List<Inode> lent = locks.end();
    boolean some = !all.isEmpty() || !lent.isEmpty() || keys.hasSome();
    if (endedHere && heardAt.get() >= endMark && some) {
      // What it was answered last may have renewed its time.
      vfs.leaseAlarm(Limits.LEASE_RECALL_MS, () -> letGo(all, lent));
    } else {
      letGo(all, lent);
    }
  }

  private void letGo(List<Inode> all, List<Inode> lent) {
    locks.letGo(lent);
    for (Inode inode : all) {
      tableOf(inode).end(this);
      vfs.inodes().put(inode);
    }
    keys.end();
    vfs.reap();
  }

  // ---- how long they may be in use ----

  /** The session said something, and is going to be answered. */
  void heard() {
    long now = marks.get();
    if (heardAt.get() < now) {
      heardAt.accumulateAndGet(now, Math::max);
    }
  }

  /**
   * The session is going to be ended from this side, so that the other uses its leases until their
   * time is over. It is, unless something was heard of it since then.
   *
   * @param mark a moment {@link Limits#LEASE_RECALL_MS} ago; 0: unknown
   */
  void endsHere(long mark) {
    endMark = mark;
    endedHere = true;
  }

  @Override
  public long mark() {
    return marks.incrementAndGet();
  }

  // ---- recalls ----

  @Override
  public void recall(LeaseName lease) {
    recalls.add(lease);
  }

  /** What was taken may not have come to the other end. */
  void recallAgain() {
    recalls.again();
  }

  @Override
  public void expire(long mark) {
    session.expire(mark);
  }

  /** Null: the request will be told. */
  @Nullable List<LeaseName> nextOrWait(int max, Request<?> request) throws ErrnoException {
    return recalls.nextOrWait(max, request);
  }

  List<LeaseName> next(int max) throws ErrnoException {
    return recalls.next(max);
  }
}
