package dev.coterie.core.lease;

import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The leases on one plane of an object and the operations that wait for their return. Its monitor
 * is a leaf; holders and waiters are told when it is free.
 */
public final class LeaseTable {
  /** Calls somebody when a time is over; what it returns takes that back. */
  public interface Clock {
    Runnable set(int afterMs, Runnable action);
  }

  /**
   * What a holder has.
   *
   * @param seq its number, of which each grant has a new one; 0: none
   */
  public record Lease(LeaseMode mode, int seq) {
    public static final Lease NONE = new Lease(LeaseMode.NONE, 0);
  }

  private static final class Grant {
    Lease lease; // guarded by the table
    boolean recalled; // guarded by the table
    Runnable alarm = () -> {}; // guarded by the table: takes back the end of its time

    Grant(Lease lease) {
      this.lease = lease;
    }
  }

  private final InodeId id; // immutable
  private final LeasePlane plane; // immutable
  private final Clock clock; // immutable
  private final Map<LeaseHolder, Grant> grants = new LinkedHashMap<>(2); // guarded by this
  private final SequencedSet<Runnable> waiting = new LinkedHashSet<>(2); // guarded by this
  private int lastSeq; // guarded by this
  private int recalls; // guarded by this: since the last quiet moment
  private volatile boolean exclusive; // written under this: the only grant is of that mode
  private volatile @Nullable LeaseHolder alone; // written under this: of an exclusive one, told
  private volatile int held; // written under this: how many grants there are

  public LeaseTable(InodeId id, LeasePlane plane, Clock clock) {
    this.id = id;
    this.plane = plane;
    this.clock = clock;
  }

  // ---- granting: under the inode's operation lock ----

  /**
   * Grants a lease if nobody waits, or tells of the one that the holder has. An exclusive one is
   * granted to who would be alone, and a shared one to others.
   */
  public synchronized Lease grant(LeaseHolder holder, LeaseMode wish) {
    Grant present = grants.get(holder);
    if (present != null && present.recalled) {
      return Lease.NONE;
    }
    Lease had = present == null ? Lease.NONE : present.lease;
    boolean alone = grants.size() == (present == null ? 0 : 1);
    LeaseMode mode = wish == LeaseMode.EXCLUSIVE && !alone ? LeaseMode.SHARED : wish;
    if (had.mode().compareTo(mode) >= 0
        || exclusive && !alone
        || !waiting.isEmpty()
        || recalls >= Limits.LEASE_RECALLS_IN_A_ROW) {
      return had;
    }
    lastSeq = lastSeq == -1 ? 1 : lastSeq + 1; // never 0
    Lease lease = new Lease(mode, lastSeq);
    grants.put(holder, new Grant(lease));
    held = grants.size();
    exclusive = mode == LeaseMode.EXCLUSIVE;
    return lease;
  }

  /** What a holder has. */
  public synchronized Lease present(LeaseHolder holder) {
    Grant present = grants.get(holder);
    return present == null ? Lease.NONE : present.lease;
  }

  /** An exclusive lease is going to be told: its holder is alone. */
  public synchronized void confirm(LeaseHolder holder, int seq) {
    Grant grant = grants.get(holder);
    if (exclusive && grant != null && grant.lease.seq == seq) {
      alone = holder;
    }
  }

  /** Whether this one has an exclusive lease that was confirmed. */
  boolean isAlone(@Nullable LeaseHolder holder) {
    LeaseHolder one = alone;
    return one != null && one.equals(holder);
  }

  /** Makes an exclusive lease of which its holder was not told yet a shared one. */
  public synchronized Lease lower(LeaseHolder holder, int seq) {
    Grant grant = grants.get(holder);
    if (grant == null || grant.lease.seq != seq) {
      return Lease.NONE;
    }
    grant.lease = new Lease(LeaseMode.SHARED, seq);
    exclusive = false;
    return grant.lease;
  }

  /** Whether somebody else has an exclusive lease. */
  boolean isExclusiveBeside(@Nullable LeaseHolder self) {
    return exclusive && isHeldByOther(self);
  }

  /** Whether somebody has an exclusive lease, and so nobody else has any. */
  public boolean isHeldAlone() {
    return exclusive;
  }

  /** Whether somebody else has a lease. */
  public boolean isHeldBeside(@Nullable LeaseHolder self) {
    return held != 0 && isHeldByOther(self);
  }

  private synchronized boolean isHeldByOther(@Nullable LeaseHolder self) {
    for (LeaseHolder holder : grants.keySet()) {
      if (!holder.equals(self)) {
        return true;
      }
    }
    return false;
  }

  // ---- waiting: with no lock held ----

  /**
   * Has the leases of others recalled, and the waiter run once they are given back; perhaps before
   * this returns. From now until {@link #leave} nothing is granted.
   */
  public void await(Runnable waiter, LeaseHolder self) {
    List<Map.Entry<LeaseHolder, LeaseName>> told = new ArrayList<>(2);
    boolean free = true;
    synchronized (this) {
      waiting.add(waiter);
      for (Map.Entry<LeaseHolder, Grant> entry : grants.entrySet()) {
        Grant grant = entry.getValue();
        if (entry.getKey().equals(self) && plane != LeasePlane.LOCKS) {
          continue; // but a lock table is either here or there
        }
        free = false;
        if (!grant.recalled) {
          grant.recalled = true;
          told.add(Map.entry(entry.getKey(), new LeaseName(id, plane, grant.lease.seq)));
          LeaseHolder holder = entry.getKey();
          long mark = holder.mark();
          grant.alarm = clock.set(Limits.LEASE_RECALL_MS, () -> late(holder, grant, mark));
        }
      }
      if (!told.isEmpty() && recalls++ == 0) {
        clock.set(Limits.LEASE_QUIET_MS, this::quiet);
      }
    }
    for (Map.Entry<LeaseHolder, LeaseName> each : told) {
      each.getKey().recall(each.getValue());
    }
    if (free) {
      waiter.run();
    }
  }

  private synchronized void quiet() {
    recalls = 0;
  }

  private void late(LeaseHolder holder, Grant grant, long mark) {
    synchronized (this) {
      if (!grant.equals(grants.get(holder))) {
        return;
      }
    }
    holder.expire(mark);
  }

  /** The waiter waits no more: it is done, or given up. */
  public synchronized void leave(Runnable waiter) {
    waiting.remove(waiter);
  }

  // ---- giving back ----

  /** Whether a holder has this grant. */
  public synchronized boolean holds(LeaseHolder holder, int seq) {
    Grant grant = grants.get(holder);
    return grant != null && grant.lease.seq == seq;
  }

  /**
   * A holder gives a lease back.
   *
   * @return what is to be run with no lock held; null: it does not have it
   */
  public synchronized @Nullable List<Runnable> giveBack(LeaseHolder holder, int seq) {
    Grant grant = grants.get(holder);
    return grant == null || grant.lease.seq != seq ? null : remove(holder, grant);
  }

  /** A holder has none any more, whatever it had. With no lock held. */
  public void end(LeaseHolder holder) {
    List<Runnable> told;
    synchronized (this) {
      Grant grant = grants.get(holder);
      told = grant == null ? List.of() : remove(holder, grant);
    }
    told.forEach(Runnable::run);
  }

  private List<Runnable> remove(LeaseHolder holder, Grant grant) {
    grants.remove(holder);
    held = grants.size();
    exclusive = false; // if there was one, there was no other
    alone = null;
    List<Runnable> told = new ArrayList<>(waiting.size() + 1);
    told.add(grant.alarm);
    if (grants.size() <= 1) {
      told.addAll(waiting); // one left may be the waiter's own
    }
    return told;
  }
}
