package dev.coterie.core.lease;

import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /**
   * What came of a return.
   *
   * @param gone whether the holder has nothing any more
   * @param told to be run with no lock held
   */
  public record Returned(boolean gone, List<Runnable> told) {}

  private static final class Grant {
    final int seq;
    LeaseMode mode; // guarded by the table
    @Nullable LeaseMode recalled; // guarded by the table: all that may be kept; null: not recalled
    final List<Runnable> alarms = new ArrayList<>(1); // guarded by the table: take back its times

    Grant(LeaseMode mode, int seq) {
      this.mode = mode;
      this.seq = seq;
    }

    Lease lease() {
      return new Lease(mode, seq);
    }

    /** Whether its holder has been told already to keep no more than this. */
    boolean isRecalled(LeaseMode most) {
      return recalled != null && recalled.compareTo(most) <= 0;
    }

    boolean isOver(LeaseMode most) {
      return mode.compareTo(most) > 0;
    }
  }

  private final InodeId id; // immutable
  private final LeasePlane plane; // immutable
  private final Clock clock; // immutable
  private final Map<LeaseHolder, Grant> grants = new LinkedHashMap<>(2); // guarded by this
  private final Map<Runnable, LeaseMode> waiting = new LinkedHashMap<>(2); // guarded by this
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
    if (present != null && present.recalled != null) {
      return Lease.NONE;
    }
    Lease had = present == null ? Lease.NONE : present.lease();
    boolean alone = grants.size() == (present == null ? 0 : 1);
    LeaseMode mode = wish == LeaseMode.EXCLUSIVE && !alone ? LeaseMode.SHARED : wish;
    if (had.mode().compareTo(mode) >= 0
        || exclusive && !alone
        || !waiting.isEmpty()
        || recalls >= Limits.LEASE_RECALLS_IN_A_ROW) {
      return had;
    }
    lastSeq = lastSeq == -1 ? 1 : lastSeq + 1; // never 0
    Grant grant = new Grant(mode, lastSeq);
    grants.put(holder, grant);
    held = grants.size();
    exclusive = mode == LeaseMode.EXCLUSIVE;
    return grant.lease();
  }

  /** As {@link #grant} where nothing more is granted. */
  public synchronized Lease had(LeaseHolder holder) {
    Grant present = grants.get(holder);
    return present == null || present.recalled != null ? Lease.NONE : present.lease();
  }

  /** What a holder has. */
  public synchronized Lease present(LeaseHolder holder) {
    Grant present = grants.get(holder);
    return present == null ? Lease.NONE : present.lease();
  }

  /** An exclusive lease is going to be told: its holder is alone. */
  public synchronized void confirm(LeaseHolder holder, int seq) {
    Grant grant = grants.get(holder);
    if (exclusive && grant != null && grant.seq == seq) {
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
    if (grant == null || grant.seq != seq) {
      return Lease.NONE;
    }
    grant.mode = LeaseMode.SHARED;
    exclusive = false;
    return grant.lease();
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

  /** Whether an operation waits for leases to be given back. */
  public synchronized boolean isAwaited() {
    return !waiting.isEmpty();
  }

  // ---- waiting: with no lock held ----

  /**
   * Has the leases of others recalled, and the waiter run once they are given back; perhaps before
   * this returns. From now until {@link #leave} nothing is granted.
   *
   * @param most what others may keep
   */
  public void await(Runnable waiter, @Nullable LeaseHolder self, LeaseMode most) {
    List<Map.Entry<LeaseHolder, LeaseName>> told = new ArrayList<>(2);
    boolean free = true;
    synchronized (this) {
      waiting.put(waiter, most);
      for (Map.Entry<LeaseHolder, Grant> entry : grants.entrySet()) {
        Grant grant = entry.getValue();
        if (entry.getKey().equals(self) && plane != LeasePlane.LOCKS) {
          continue; // but a lock table is either here or there
        }
        if (!grant.isOver(most)) {
          continue;
        }
        free = false;
        if (!grant.isRecalled(most)) {
          grant.recalled = most;
          told.add(Map.entry(entry.getKey(), new LeaseName(id, plane, grant.seq, most)));
          LeaseHolder holder = entry.getKey();
          long mark = holder.mark();
          Runnable late = () -> late(holder, grant, most, mark);
          grant.alarms.add(clock.set(Limits.LEASE_RECALL_MS, late));
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

  /** Has all leases recalled, though nobody waits for that. With no lock held. */
  public void recallAll() {
    Runnable nobody = new Runnable() { // not a lambda: one of its own
          @Override
          public void run() {}
        };
    await(nobody, null, LeaseMode.NONE);
    leave(nobody);
  }

  private synchronized void quiet() {
    recalls = 0;
  }

  private void late(LeaseHolder holder, Grant grant, LeaseMode most, long mark) {
    synchronized (this) {
      if (!grant.equals(grants.get(holder)) || !grant.isOver(most)) {
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
    return grant != null && grant.seq == seq;
  }

  /**
   * A holder gives a lease back.
   *
   * @return what is to be run with no lock held; null: it does not have it
   */
  public @Nullable List<Runnable> giveBack(LeaseHolder holder, int seq) {
    Returned returned = giveBack(holder, seq, LeaseMode.NONE);
    return returned == null ? null : returned.told();
  }

  /**
   * A holder gives a lease back, or a part of it: what it keeps is still of that number.
   *
   * @return null: it does not have it
   */
  public synchronized @Nullable Returned giveBack(LeaseHolder holder, int seq, LeaseMode keeps) {
    Grant grant = grants.get(holder);
    if (grant == null || grant.seq != seq) {
      return null;
    }
    return keeps == LeaseMode.NONE
        ? new Returned(true, remove(holder, grant))
        : new Returned(false, lower(grant, keeps));
  }

  private List<Runnable> lower(Grant grant, LeaseMode keeps) {
    if (grant.isOver(keeps)) {
      grant.mode = keeps;
      exclusive = false; // only such a one can be lowered, and there is no other beside it
      alone = null;
    }
    List<Runnable> told = new ArrayList<>(waiting.size() + 1);
    if (grant.recalled != null && !grant.isOver(grant.recalled)) {
      grant.recalled = null;
      told.addAll(grant.alarms);
      grant.alarms.clear();
    }
    waiting.forEach((waiter, most) -> {
      if (!grant.isOver(most)) {
        told.add(waiter);
      }
    });
    return told;
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
    told.addAll(grant.alarms);
    if (grants.size() <= 1) {
      told.addAll(waiting.keySet()); // one left may be the waiter's own
    }
    return told;
  }
}
