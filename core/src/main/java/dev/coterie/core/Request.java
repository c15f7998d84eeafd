package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.core.lock.LockWait;
import org.jspecify.annotations.Nullable;

/**
 * A submitted operation that may have to wait. It uses no thread while it does. Resume, grant,
 * cancel and the end of the session meet on its monitor, or on that of what it is queued at: a lock
 * table or a watch queue.
 *
 * <pre>
 *            admitted             done
 *   PARKED ───────────▶ RUNNING ─────────▶ ENDED
 *      │                   │ queued          ▲
 *      │                   ▼    granted      │
 *      │                QUEUED ──────────────┤
 *      └───────────────────┴── cancelled ────┘
 * </pre>
 */
final class Request<R> implements Ticket, Barrier.Waiting, LockWait.Listener {
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
    if (session.run(caller, operation, completion, this)) {
      over();
    } else {
      queued();
    }
  }

  private void over() {
    session.unpark(this);
    synchronized (this) {
      state = State.ENDED;
    }
  }

  // ---- queued ----

  /** Notes where the operation is about to queue. */
  synchronized void waitsAt(Place there) {
    place = there;
  }

  private void queued() {
    Errno wanted;
    synchronized (this) {
      if (state == State.ENDED) {
        return; // granted meanwhile
      }
      state = State.QUEUED;
      wanted = giveUp;
    }
    if (wanted != null) {
      end(wanted);
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
      queuedAt = state == State.QUEUED ? place : null;
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
}
