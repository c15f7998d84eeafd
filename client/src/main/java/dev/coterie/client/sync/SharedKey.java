package dev.coterie.client.sync;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.api.Operation.ReturnKey;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One key in this process: the threads that use it and wait for it, in the order of coming, and the
 * lease that they share. Its monitor is a leaf.
 *
 * <p>The thread at the head of the queue, and nobody else, asks the leader. The lease is given back
 * when it is recalled and no use is under way: at once; or, where each use has been followed at
 * once by another, with the message that asks for it again. Until then it is <i>leaving</i>, and if
 * no use follows after all, {@link #hurry} gives it back a moment later.
 */
final class SharedKey {
  private final SyncHandles all; // immutable
  private final Name name; // immutable
  private int entered; // guarded by this: handles and uses, begun or waiting
  private final Queue<Object> turns = new ArrayDeque<>(2); // guarded by this
  private int readers; // guarded by this: shared uses under way
  private boolean writer; // guarded by this: an exclusive use is under way
  private boolean lost; // guarded by this: a value was, and nobody was told

  private volatile @Nullable Line line; // written under this: where it is open
  private @Nullable InodeId id; // guarded by this: in that
  private LeaseMode mode = LeaseMode.NONE; // guarded by this: of the lease
  private int seq; // guarded by this: of the lease
  private byte[] value = new byte[0]; // guarded by this: under the lease; never changed
  private boolean changed; // guarded by this: the leader does not have the value
  private boolean returning; // guarded by this: given back unasked, and the leader may not know
  private final Contention contention = new Contention(); // guarded by this
  private boolean asking; // guarded by this: a request for the lease is under way
  private int sending; // guarded by this: what was taken by other threads, and is not sent yet
  private boolean leaving; // guarded by this: what is held is only there to be given back
  private boolean hurried; // guarded by this: hurry is called soon
  private int left; // guarded by this: how often it was leaving
  private int leftSeen; // guarded by this: at the last hurry

  /**
   * Atomic: the lease that is recalled, or one that is not here yet, or no more. Written without
   * the monitor: threads that use the key again and again would keep whoever tells of a recall out.
   */
  private final AtomicInteger recalledSeq = new AtomicInteger();

  SharedKey(SyncHandles all, Name name) {
    this.all = all;
    this.name = name;
  }

  Name name() {
    return name;
  }

  /** One more who needs it. */
  synchronized void enter() {
    entered++;
  }

  /** Whether that was the last. */
  synchronized boolean leave() {
    return --entered == 0;
  }

  synchronized boolean isUnused() {
    return entered == 0;
  }

  // ---- beginning ----

  /** Begins a use; {@code limitMs} -1: no end. */
  Use begin(SyncMode wanted, long limitMs) throws ErrnoException {
    Object turn = new Object();
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, limitMs));
    synchronized (this) {
      if (turns.isEmpty() && !isBusy(wanted)) {
        Use use = startIfHeld(wanted);
        if (use != null) {
          return use;
        }
      }
      turns.add(turn);
    }
    try {
      awaitTurn(turn, wanted, limitMs, until);
      return atTurn(wanted, limitMs, until);
    } finally {
      synchronized (this) {
        turns.remove(turn);
        notifyAll();
      }
    }
  }

  private boolean isBusy(SyncMode wanted) {
    return writer || (wanted == SyncMode.EXCLUSIVE && readers > 0);
  }

  /** Null: there is no lease that would do. The monitor is held. */
  private @Nullable Use startIfHeld(SyncMode wanted) throws ErrnoException {
    if (lost) {
      lost = false;
      throw new ErrnoException(Errno.ESTALE, "use " + name + ": the value that was left is lost");
    }
    Line in = line;
    boolean held = mode.compareTo(wanted.lease()) >= 0 && !isRecalled() && !leaving;
    return held && in != null && in.isUsable() ? start(in, wanted) : null;
  }

  private boolean isRecalled() {
    return mode != LeaseMode.NONE && recalledSeq.get() == seq;
  }

  private Use start(Line in, SyncMode wanted) {
    if (wanted == SyncMode.EXCLUSIVE) {
      writer = true;
    } else {
      readers++;
    }
    return new Use(all, this, wanted, in, value);
  }

  private synchronized void awaitTurn(Object turn, SyncMode wanted, long limitMs, long until)
      throws ErrnoException {
    while (!turn.equals(turns.peek()) || isBusy(wanted)) {
      try {
        if (limitMs < 0) {
          wait();
        } else {
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, left(until)));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ErrnoException(Errno.EINTR, "use " + name);
      }
      boolean still = !turn.equals(turns.peek()) || isBusy(wanted);
      if (still && limitMs >= 0 && left(until) <= 0) {
        throw new ErrnoException(Errno.ETIMEDOUT, "use " + name);
      }
    }
  }

  private static long left(long until) {
    return until - System.nanoTime();
  }

  /** Nobody else of this process begins a use, or asks for a lease, until this returns. */
  private Use atTurn(SyncMode wanted, long limitMs, long until) throws ErrnoException {
    boolean again = false;
    while (true) {
      Line in = all.line();
      try {
        synchronized (this) {
          Use use = startIfHeld(wanted);
          if (use != null) {
            return use;
          }
        }
        if (isHeldTooLong(in, wanted)) {
          in.prove();
          continue;
        }
        open(in);
        int limit =
            limitMs < 0
                ? -1
                : (int) Math.max(0, TimeUnit.NANOSECONDS.toMillis(left(until) + 999_999));
        Use use = ask(in, wanted, limit);
        if (!in.isUsable()) {
          prove(in, use); // it has waited for longer than answers are good for
        }
        return use;
      } catch (ErrnoException e) {
        if (!in.isOver() || again || !Line.isEnd(e.errno())) {
          throw e;
        }
        again = true; // the session is over: in another one, unless a value was lost with it
      }
    }
  }

  /** Whether there is a lease that would do but for the time. */
  private synchronized boolean isHeldTooLong(Line in, SyncMode wanted) {
    return in.equals(line)
        && mode.compareTo(wanted.lease()) >= 0
        && !isRecalled()
        && !leaving
        && !in.isUsable();
  }

  /** Sees to it that the key is open in this session. */
  void open(Line in) throws ErrnoException {
    synchronized (this) {
      if (in.equals(line)) {
        return;
      }
    }
    InodeId opened = in.callAnyway(new Operation.OpenKey(name));
    synchronized (this) {
      line = in;
      id = opened;
      mode = LeaseMode.NONE;
      leaving = false;
      recalledSeq.set(0);
    }
    in.add(opened, this);
  }

  private Use ask(Line in, SyncMode wanted, int limitMs) throws ErrnoException {
    InodeId key;
    Line.Return along;
    synchronized (this) {
      awaitReturn();
      key = id;
      along = leaving && in.equals(line) ? takeIfIdle() : null;
      contention.asked(all.now());
    }
    if (key == null) {
      throw new AssertionError("asks for what is not open");
    }
    if (along != null && !in.mayTakeAlong()) {
      giveBackBeforeAnythingElse(in, along);
      along = null;
    }
    KeyLease lease = ask(in, key, wanted, limitMs, along);
    synchronized (this) {
      if (in.isOver()) {
        throw new ErrnoException(Errno.ESTALE, "use " + name);
      }
      if (lease.seq() != seq || mode == LeaseMode.NONE) {
        value = lease.value();
        changed = false;
      }
      if (lease.seq() != seq) {
        contention.granted(all.now());
      }
      mode = lease.mode();
      seq = lease.seq();
      if (lease.recalled()) {
        raiseRecalled(seq); // no other word comes of it
      }
      return start(in, wanted);
    }
  }

  private KeyLease ask(
      Line in, InodeId key, SyncMode wanted, int limitMs, Line.@Nullable Return along)
      throws ErrnoException {
    setAsking(true);
    ReturnKey first = along == null ? null : along.operation();
    try {
      return in.call(new Operation.UseKey(key, wanted.lease(), limitMs, first));
    } catch (ErrnoException e) {
      if (along != null) {
        giveBackAfter(in, along, e.errno());
      }
      throw e;
    } finally {
      setAsking(false);
    }
  }

  private synchronized void setAsking(boolean now) {
    asking = now;
  }

  /** What was taken along by a message that failed may be back, or not. */
  private void giveBackAfter(Line in, Line.Return along, Errno failure) {
    boolean back = false;
    if (failure != Errno.EINVAL) {
      try {
        in.callAnyway(along.operation());
        back = true; // if not by this, then before
      } catch (ErrnoException e) {
        // As in giveBackBeforeAnythingElse.
      }
    }
    if (!back && along.operation().value() != null) {
      valueLost();
    }
  }

  /** The monitor is held. */
  private void awaitReturn() throws ErrnoException {
    while (returning) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ErrnoException(Errno.EINTR, "use " + name);
      }
    }
  }

  private void prove(Line in, Use begun) throws ErrnoException {
    boolean proven = false;
    try {
      in.prove();
      proven = true;
    } finally {
      if (!proven) {
        synchronized (this) {
          stop(begun);
        }
      }
    }
  }

  // ---- ending ----

  /** Ends a use. {@code left}: the value it leaves; null: as it was. */
  void end(Use use, byte @Nullable [] left) throws ErrnoException {
    Line in = use.line;
    ErrnoException failure = null;
    if (!in.isUsable()) {
      // Only the leader knows whether another has it. If it answers, none had.
      try {
        in.prove();
      } catch (ErrnoException e) {
        failure = e;
      }
    }
    Line.Return back = null;
    boolean unasked = false;
    boolean first = false;
    synchronized (this) {
      stop(use);
      if (failure == null && !in.isOver() && in.equals(line)) {
        if (left != null) {
          value = left;
          changed = true;
        }
        if (isIdle() && (isRecalled() || isHasty())) {
          contention.givesBack(all.now());
          if (contention.isFollowed() && turns.isEmpty() && !asking) {
            first = startLeaving();
          } else {
            back = takeIfIdle();
            unasked = back != null && !isRecalled(back);
            returning |= unasked;
          }
        }
      } else if (failure == null) {
        failure = new ErrnoException(Errno.ESTALE);
      }
      notifyAll();
    }
    if (back != null) {
      giveBack(in, back, unasked);
    } else if (first) {
      all.hurry(this);
    }
    if (failure != null) {
      throw new ErrnoException(
          Errno.ESTALE, "use " + name + ": it was taken away meanwhile: " + failure.errno().text());
    }
  }

  /** Whether somebody is to be told. The monitor is held. */
  private boolean startLeaving() {
    leaving = true;
    left++;
    boolean first = !hurried;
    hurried = true;
    return first;
  }

  /**
   * Gives back what has been leaving since the last call.
   *
   * @return whether this is to be called again, soon
   */
  boolean hurry() {
    Line in;
    Line.Return back = null;
    boolean unasked = false;
    boolean more;
    synchronized (this) {
      in = line;
      more = left != leftSeen;
      if (leaving && !more) {
        back = takeIfIdle();
        unasked = back != null && !isRecalled(back);
        returning |= unasked;
        contention.notFollowed();
      }
      sending += back != null ? 1 : 0;
      leftSeen = left;
      hurried = more;
    }
    if (in != null && back != null) {
      try {
        giveBack(in, back, unasked);
      } finally {
        sent();
      }
    }
    return more;
  }

  /**
   * The leader holds back a request of this session that comes before a return that it has asked
   * for. Of any other it knows nothing, and would answer that the lease is still held.
   */
  private void giveBackBeforeAnythingElse(Line in, Line.Return given) {
    boolean had = in.giveBackInOrder(given);
    if (!had) {
      try {
        had = in.callAnyway(given.operation());
      } catch (ErrnoException e) {
        // The session is over, or no more is known of what came of the value: it counts as lost.
      }
    }
    synchronized (this) {
      lost |= !had && given.operation().value() != null;
      returning = false;
      notifyAll();
    }
  }

  private void giveBack(Line in, Line.Return given, boolean unasked) {
    if (unasked) {
      giveBackBeforeAnythingElse(in, given);
    } else {
      in.giveBack(given);
    }
  }

  private boolean isRecalled(Line.Return given) {
    return recalledSeq.get() == given.operation().seq();
  }

  private void stop(Use use) {
    if (use.mode() == SyncMode.EXCLUSIVE) {
      writer = false;
    } else {
      readers--;
    }
    notifyAll();
  }

  // ---- giving back ----

  private boolean raiseRecalled(int which) {
    int before = recalledSeq.get();
    while (before == 0 || which - before > 0) {
      if (recalledSeq.compareAndSet(before, which)) {
        return true;
      }
      before = recalledSeq.get();
    }
    return false;
  }

  /** The leader wants a lease back. */
  void recalled(Line in, int which) {
    if (!in.equals(line)) {
      return;
    }
    if (!raiseRecalled(which)) {
      return; // late: it was given back before it was asked for, and a newer one is asked for too
    }
    Line.Return given;
    synchronized (this) {
      if (isRecalled()) {
        contention.recalled(all.now());
      }
      given = isRecalled() ? takeIfIdle() : null;
      sending += given != null ? 1 : 0;
    }
    if (given != null) {
      try {
        in.giveBack(given);
      } finally {
        sent();
      }
    }
  }

  private synchronized void sent() {
    sending--;
    notifyAll();
  }

  /** What comes after it is sent after what is given back. The monitor is held. */
  private void awaitSent() {
    boolean interrupted = false;
    while (sending > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isHasty() {
    return mode == LeaseMode.EXCLUSIVE && contention.isHasty(all.now());
  }

  /** Takes the lease out of use; null: it is in use, or there is none. The monitor is held. */
  private Line.@Nullable Return takeIfIdle() {
    InodeId key = id;
    if (!isIdle() || key == null) {
      return null;
    }
    ReturnKey back = new ReturnKey(key, seq, changed ? value : null);
    mode = LeaseMode.NONE;
    changed = false;
    leaving = false;
    return new Line.Return(this, back);
  }

  private boolean isIdle() {
    return mode != LeaseMode.NONE && !writer && readers == 0;
  }

  /** A value that was given back was not taken. */
  synchronized void valueLost() {
    lost = true;
  }

  /** The session is over, and the lease with it. */
  synchronized void lineEnded(Line in) {
    if (in.equals(line)) {
      lost |= changed && mode != LeaseMode.NONE;
      mode = LeaseMode.NONE;
      changed = false;
      leaving = false;
    }
  }

  /** Gives back and closes; nobody uses it. */
  void close() throws ErrnoException {
    giveBackNow();
    Line in;
    InodeId key;
    synchronized (this) {
      in = line;
      key = id;
    }
    if (in != null && key != null && !in.isOver()) {
      in.remove(key, this);
      in.callAnyway(new Operation.CloseKey(key));
    }
    synchronized (this) {
      requireNotLost();
    }
  }

  /** Gives back what is not in use, and waits until the leader has it. */
  void giveBackNow() throws ErrnoException {
    Line in;
    Line.Return given;
    synchronized (this) {
      awaitSent();
      in = line;
      given = in == null || in.isOver() ? null : takeIfIdle();
    }
    if (in == null || given == null) {
      return;
    }
    boolean taken = false;
    try {
      taken = in.callAnyway(given.operation());
    } finally {
      if (!taken && given.operation().value() != null) {
        valueLost();
      }
    }
  }

  private void requireNotLost() throws ErrnoException {
    if (lost) {
      lost = false;
      throw new ErrnoException(Errno.ESTALE, "close " + name + ": the value that was left is lost");
    }
  }
}
