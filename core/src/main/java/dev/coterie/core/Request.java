package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.api.lock.LockWait;
import dev.coterie.core.lease.LeaseHolder;
import dev.coterie.core.lease.LeaseTable;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A submitted operation that may have to wait. It uses no thread while it does. Resume, grant,
 * cancel and the end of the session meet on its monitor, or on that of what it is queued at: a lock
 * table or a watch queue.
 *
 * <pre>
 *            admitted             done
 *   PARKED ───────────▶ RUNNING ─────────▶ ENDED
 *      │          woken ▲  │ queued          ▲
 *      │                │  ▼    granted      │
 *      │                QUEUED ──────────────┤
 *      └───────────────────┴── cancelled ────┘
 * </pre>
 *
 * <p>Who is queued at a lock is granted it. Who waits for a source ({@link Step}) is woken, as
 * often as it takes, and tries again.
 */
final class Request<R> implements Ticket, Barrier.Waiting, LockWait.Listener, Runnable {
  private enum State {
    PARKED,
    RUNNING,
    QUEUED,
    ENDED
  }

  private final Session session;
  private final Caller caller;
  private final Operation<R> operation;
  private final Completion<? super R> completion;
  private State state = State.PARKED; // guarded by this
  private boolean asking; // guarded by this: a thread is at the barrier for us
  private boolean askAgain; // guarded by this: resumed while asking
  private @Nullable Errno giveUp; // guarded by this: asked while running, to be done once queued
  private @Nullable Place place; // guarded by this
  private @Nullable Step<R> step; // guarded by this: what it waits with for a source
  private boolean again; // guarded by this: woken while running
  private Set<LeaseTable> leased = Set.of(); // guarded by this: what it waits for the return of
  private boolean restarts; // guarded by this: woken, it begins from the start
  private @Nullable Runnable alarm; // guarded by this: takes back the end of its time

  /** Where a request waits: what cancels it meets there what ends its wait. */
  interface Place {
    /** Whether the wait was given up by this call. */
    boolean withdraw();
  }

  Request(
      Session session, Caller caller, Operation<R> operation, Completion<? super R> completion) {
    this.session = session;
    this.caller = caller;
    this.operation = operation;
    this.completion = completion;
  }

  /** One that was found to have to wait when it was at work. */
  static <R> Request<R> atWork(
      Session session, Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Request<R> request = new Request<>(session, caller, operation, completion);
    request.state = State.RUNNING;
    return request;
  }

  @Override
  public Operation<?> operation() {
    return operation;
  }

  @Override
  public Session session() {
    return session;
  }

  /** Goes ahead as soon as the barrier lets it. */
  @Override
  public void resume() {
    synchronized (this) {
      if (asking) {
        askAgain = true;
        return;
      }
      asking = true;
    }
    while (isParked()) {
      if (session.barrier().admit(this)) {
        go();
        return;
      }
      synchronized (this) {
        if (state == State.PARKED && !askAgain) {
          asking = false;
          return;
        }
        askAgain = false;
      }
    }
    // Cancelled while we asked: the barrier may have kept us after it was told to forget us.
    session.barrier().withdraw(this);
  }

  private synchronized boolean isParked() {
    return state == State.PARKED;
  }

  synchronized boolean isEnded() {
    return state == State.ENDED;
  }

  private void go() {
    synchronized (this) {
      if (state != State.PARKED) {
        return;
      }
      state = State.RUNNING;
    }
    if (session.run(caller, operation, completion, this) == null) {
      over();
    } else {
      queued();
    }
  }

  /** For one that began at work: it has done what it can for now. */
  Ticket settled() {
    queued();
    return isEnded() ? Ticket.DONE : this;
  }

  private void over() {
    session.unpark(this);
    Runnable off;
    Step<R> timed;
    Set<LeaseTable> left;
    synchronized (this) {
      state = State.ENDED;
      off = alarm;
      timed = step != null && step.timeoutMs() > 0 ? step : null;
      left = leased;
      leased = Set.of();
    }
    if (timed != null) {
      // If it was given up the source knows it still, and may never change again.
      timed.handle.source.forget(this);
      timed.handle.source.passOn(); // it may have been woken while its time ended
    }
    left.forEach(table -> table.leave(this));
    if (off != null) {
      off.run();
    }
  }

  // ---- waiting for a source ----

  /** Notes with what the operation is about to wait for a source. */
  synchronized void waitsWith(Step<R> trying) {
    step = trying;
  }

  /** Limits the wait, once. */
  void limit(int timeoutMs) {
    Runnable off = session.alarm().set(timeoutMs, this::timeUp);
    synchronized (this) {
      alarm = off;
    }
  }

  private void timeUp() {
    Step<R> waiting;
    synchronized (this) {
      waiting = step;
    }
    if (waiting != null) {
      waiting.timeUp();
      run();
    }
  }

  /** The source it waits for has changed. */
  @Override
  public void run() {
    Step<R> late;
    boolean goesOn;
    synchronized (this) {
      late = state == State.ENDED ? step : null;
      switch (state) {
        case QUEUED -> state = State.RUNNING;
        case ENDED -> {}
        default -> {
          again = true; // it is running: it looks again before it waits
          return;
        }
      }
      goesOn = state == State.RUNNING;
    }
    if (late != null) {
      late.handle.source.passOn(); // woken too late: it is another's turn
    }
    if (!goesOn) {
      return;
    }
    tryAgain();
  }

  private void tryAgain() {
    if (isOverNow()) {
      over();
    } else {
      queued();
    }
  }

  /** Tries again what it waits with, or begins again; whether it is over. */
  private boolean isOverNow() {
    Step<R> trying;
    boolean fromTheStart;
    synchronized (this) {
      again = false;
      trying = step;
      fromTheStart = restarts;
      restarts = false;
    }
    if (fromTheStart) {
      return session.run(caller, operation, completion, this) == null;
    }
    return trying == null || session.run(trying, completion, this);
  }

  // ---- waiting for leases to be given back ----

  /** Has them recalled. The request is running. */
  void awaitLeases(Map<LeaseTable, LeaseMode> tables, LeaseHolder self) {
    synchronized (this) {
      restarts = true;
      // What it waited for before stays: nothing is granted there until this is done.
      leased = new LinkedHashSet<>(leased);
      leased.addAll(tables.keySet());
    }
    tables.forEach((table, most) -> table.await(this, self, most));
  }

  /** Whether it waits, or will, through a handle of this number. */
  boolean isThrough(long number) {
    return operation instanceof Operation.OnHandle<?> on && on.handle() == number;
  }

  // ---- queued ----

  /** Notes where the operation is about to queue. */
  synchronized void waitsAt(Place there) {
    place = there;
  }

  private void queued() {
    while (true) {
      Errno wanted;
      boolean woken;
      synchronized (this) {
        if (state == State.ENDED) {
          return; // granted meanwhile
        }
        wanted = giveUp;
        woken = wanted == null && again && (restarts || step != null);
        again = false;
        state = woken ? State.RUNNING : State.QUEUED;
      }
      if (!woken) {
        if (wanted != null) {
          end(wanted);
        }
        return;
      }
      if (isOverNow()) {
        over();
        return;
      }
    }
  }

  @Override
  public void granted() {
    finished(Operation.Done.DONE);
  }

  /** What was waited for is there. */
  @SuppressWarnings("unchecked") // what the operation answers
  void finished(Object answer) {
    over();
    completion.done((R) answer);
  }

  @Override
  public void ended(Errno errno) {
    over();
    completion.failed(errno);
  }

  // ---- giving up ----

  @Override
  public boolean cancel() {
    return end(Errno.EINTR);
  }

  /** Ends a waiting request with an error; false if it runs or is over. */
  boolean end(Errno errno) {
    Place queuedAt;
    Step<R> waiting;
    boolean atLeases;
    synchronized (this) {
      switch (state) {
        case ENDED -> {
          return false;
        }
        case RUNNING -> {
          giveUp = errno; // if it queues; whoever cancels is then told by the completion
          return false;
        }
        case PARKED -> state = State.ENDED;
        case QUEUED -> {}
      }
      atLeases = state == State.QUEUED && restarts;
      waiting = state == State.QUEUED && !atLeases ? step : null;
      queuedAt = state == State.QUEUED && !atLeases ? place : null;
      if (waiting != null || atLeases) {
        state = State.ENDED; // whoever wakes it comes too late
      }
    }
    if (atLeases) {
      over();
      completion.failed(errno);
      return true;
    }
    if (waiting != null) {
      return endWait(waiting, errno);
    }
    if (queuedAt != null) {
      // The place decides: who is off its queue is answered there, or by us ended.
      if (!queuedAt.withdraw()) {
        return false;
      }
      synchronized (this) {
        state = State.ENDED;
      }
    } else {
      session.barrier().withdraw(this);
    }
    session.unpark(this);
    completion.failed(errno);
    return true;
  }

  /** What it has done before it was given up is its answer, unless nobody is left to hear it. */
  private boolean endWait(Step<R> waiting, Errno errno) {
    over();
    waiting.handle.source.forget(this);
    waiting.handle.source.passOn(); // it may have been its turn
    R partial = errno == Errno.ESTALE ? null : waiting.partial();
    waiting.drop();
    if (partial != null) {
      completion.done(partial);
      return false;
    }
    completion.failed(errno);
    return true;
  }
}
