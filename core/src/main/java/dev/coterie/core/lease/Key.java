package dev.coterie.core.lease;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation.KeyLease;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A named key: its value, who has leases on it, and one queue of those who wait, first in, first
 * out. Its monitor is a leaf; holders and waiters are told when it is free.
 *
 * <p>Unlike a {@link LeaseTable} it makes a session wait for its lease: that is what keys are for.
 */
public final class Key {
  /** Told once how a wait ended, with no lock held, unless it was withdrawn. */
  public interface Listener {
    void granted(KeyLease lease);

    void ended(Errno errno);
  }

  /** One who wants a lease. */
  public static final class Wait {
    private final LeaseHolder holder;
    private final LeaseMode mode;
    private final Listener listener;
    private Runnable alarm = () -> {}; // guarded by the key: takes back the end of its time
    private boolean dropped; // guarded by the key: its holder is gone, and nobody was told

    public Wait(LeaseHolder holder, LeaseMode mode, Listener listener) {
      this.holder = holder;
      this.mode = mode;
      this.listener = listener;
    }
  }

  private record Granted(Wait to, Grant grant) {}

  private static final class Grant {
    final LeaseMode mode;
    final int seq;
    boolean recalled; // guarded by the key
    boolean untold = true; // guarded by the key: its holder is about to be told of it
    Runnable alarm = () -> {}; // guarded by the key: takes back the end of its time

    Grant(LeaseMode mode, int seq) {
      this.mode = mode;
      this.seq = seq;
    }
  }

  final Keys.Title title; // immutable
  int references; // guarded by Keys
  private final InodeId id; // immutable
  private final LeaseTable.Clock clock; // immutable
  private final Map<LeaseHolder, Grant> grants = new LinkedHashMap<>(2); // guarded by this
  private final Queue<Wait> queue = new ArrayDeque<>(2); // guarded by this
  private byte[] value = new byte[0]; // guarded by this; replaced, never changed
  private int lastSeq; // guarded by this

  Key(InodeId id, Keys.Title title, LeaseTable.Clock clock) {
    this.id = id;
    this.title = title;
    this.clock = clock;
  }

  public InodeId id() {
    return id;
  }

  /** Whose it is. */
  public int uid() {
    return title.uid();
  }

  // ---- asking ----

  /**
   * Asks for a lease; null: it waits, and its listener is told, perhaps before this returns.
   *
   * @param timeoutMs 0: it never waits, though what stands in the way is recalled; -1: no end
   * @throws ErrnoException ETIMEDOUT it would have to wait
   */
  public @Nullable KeyLease ask(Wait wait, int timeoutMs) throws ErrnoException {
    return ask(wait, timeoutMs, false, 0, null);
  }

  /**
   * Gives a lease back, as {@link #giveBack}, and asks for one, as {@link #ask}, in one step: who
   * gets the lease next may be told at once that it is wanted again.
   *
   * @throws ErrnoException EINVAL it was not held, EPERM as giveBack, and nothing was done;
   *     ETIMEDOUT it was given back, and would have to wait
   */
  public @Nullable KeyLease askReturning(
      Wait wait, int timeoutMs, int seq, byte @Nullable [] changed) throws ErrnoException {
    return ask(wait, timeoutMs, true, seq, changed);
  }

  private @Nullable KeyLease ask(
      Wait wait, int timeoutMs, boolean returns, int seq, byte @Nullable [] changed)
      throws ErrnoException {
    List<Runnable> told = new ArrayList<>(2);
    KeyLease lease;
    synchronized (this) {
      if (returns && !takeBack(wait.holder, seq, changed, told)) {
        throw new ErrnoException(Errno.EINVAL);
      }
      queue.add(wait);
      lease = advance(wait, told);
      if (lease == null && timeoutMs == 0) {
        queue.remove(wait);
        advance(null, told);
      } else if (lease == null && timeoutMs > 0) {
        wait.alarm = clock.set(timeoutMs, () -> timeUp(wait));
      }
    }
    told.forEach(Runnable::run);
    if (lease == null && timeoutMs == 0) {
      throw new ErrnoException(Errno.ETIMEDOUT);
    }
    return lease;
  }

  private void timeUp(Wait wait) {
    List<Runnable> told = new ArrayList<>(2);
    synchronized (this) {
      if (!queue.remove(wait)) {
        return;
      }
      told.add(() -> wait.listener.ended(Errno.ETIMEDOUT));
      advance(null, told);
    }
    told.forEach(Runnable::run);
  }

  /** Gives a wait up; false: it has ended already. */
  public boolean withdraw(Wait wait) {
    List<Runnable> told = new ArrayList<>(2);
    synchronized (this) {
      if (!queue.remove(wait)) {
        return wait.dropped;
      }
      told.add(wait.alarm);
      advance(null, told);
    }
    told.forEach(Runnable::run);
    return true;
  }

  /**
   * Grants what can be granted, from the head of the queue on, and has recalled what stands in the
   * way of the next. What is to be run with no lock held is added to {@code told}.
   *
   * @param asking who is told by the answer of this
   */
  private @Nullable KeyLease advance(@Nullable Wait asking, List<Runnable> told) {
    List<Granted> all = new ArrayList<>(1);
    for (Wait head = queue.peek(); head != null && isFreeFor(head, told); head = queue.peek()) {
      queue.remove();
      told.add(head.alarm);
      all.add(new Granted(head, grant(head)));
    }
    KeyLease answer = null;
    for (Granted each : all) {
      Grant grant = each.grant;
      // What is recalled at once is so by the grant itself.
      boolean recalled = grant.untold && grant.recalled;
      KeyLease lease = new KeyLease(grant.mode, grant.seq, value.clone(), recalled);
      if (each.to.equals(asking)) {
        answer = lease;
      } else {
        told.add(() -> each.to.listener.granted(lease));
      }
    }
    all.forEach(each -> each.grant.untold = false);
    return answer;
  }

  private boolean isFreeFor(Wait head, List<Runnable> told) {
    boolean free = true;
    for (Map.Entry<LeaseHolder, Grant> entry : grants.entrySet()) {
      Grant grant = entry.getValue();
      boolean own = entry.getKey().equals(head.holder);
      boolean beside = own ? !grant.recalled : isShared(head.mode) && isShared(grant.mode);
      if (!beside) {
        free = false;
        recall(entry.getKey(), grant, told);
      }
    }
    return free;
  }

  private static boolean isShared(LeaseMode mode) {
    return mode == LeaseMode.SHARED;
  }

  private void recall(LeaseHolder holder, Grant grant, List<Runnable> told) {
    if (grant.recalled) {
      return;
    }
    grant.recalled = true;
    long mark = holder.mark();
    grant.alarm = clock.set(Limits.LEASE_RECALL_MS, () -> late(holder, grant, mark));
    if (!grant.untold) {
      LeaseName name = new LeaseName(id, LeasePlane.KEY, grant.seq);
      told.add(() -> holder.recall(name));
    }
  }

  private void late(LeaseHolder holder, Grant grant, long mark) {
    synchronized (this) {
      if (!grant.equals(grants.get(holder))) {
        return;
      }
    }
    holder.expire(mark);
  }

  private Grant grant(Wait head) {
    Grant present = grants.get(head.holder);
    if (present == null || present.mode.compareTo(head.mode) < 0) {
      lastSeq = lastSeq == -1 ? 1 : lastSeq + 1; // never 0
      present = new Grant(head.mode, lastSeq);
      grants.put(head.holder, present);
    }
    return present;
  }

  // ---- giving back ----

  /**
   * A holder gives a lease back.
   *
   * @param changed the new value; null: as it was
   * @return whether it had it
   * @throws ErrnoException EPERM a value, but it was shared
   */
  public boolean giveBack(LeaseHolder holder, int seq, byte @Nullable [] changed)
      throws ErrnoException {
    List<Runnable> told = new ArrayList<>(2);
    synchronized (this) {
      if (!takeBack(holder, seq, changed, told)) {
        return false;
      }
      advance(null, told);
    }
    told.forEach(Runnable::run);
    return true;
  }

  /** The same without what follows from it. The monitor is held. */
  private boolean takeBack(
      LeaseHolder holder, int seq, byte @Nullable [] changed, List<Runnable> told)
      throws ErrnoException {
    Grant grant = grants.get(holder);
    if (grant == null || grant.seq != seq) {
      return false;
    }
    if (changed != null) {
      if (isShared(grant.mode)) {
        throw new ErrnoException(Errno.EPERM);
      }
      value = changed.clone();
    }
    grants.remove(holder);
    told.add(grant.alarm);
    return true;
  }

  /**
   * A holder has nothing of it any more, and waits for nothing. What it has not given back is lost.
   *
   * @param errno what its waits end with; null: they are ended by whoever calls this
   */
  public void end(LeaseHolder holder, @Nullable Errno errno) {
    List<Runnable> told = new ArrayList<>(2);
    synchronized (this) {
      for (Wait wait : List.copyOf(queue)) {
        if (!wait.holder.equals(holder)) {
          continue;
        }
        queue.remove(wait);
        told.add(wait.alarm);
        if (errno == null) {
          wait.dropped = true;
        } else {
          told.add(() -> wait.listener.ended(errno));
        }
      }
      Grant grant = grants.remove(holder);
      if (grant != null) {
        told.add(grant.alarm);
      }
      advance(null, told);
    }
    told.forEach(Runnable::run);
  }
}
