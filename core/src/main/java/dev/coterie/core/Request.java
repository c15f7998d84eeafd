package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;

/**
 * A submitted operation that may have to wait: parked → running → ended, or parked → cancelled. It
 * uses no thread while parked. Resume, cancel and the end of the session meet on its monitor.
 */
final class Request<R> implements Ticket, Barrier.Waiting {
  private enum State {
    PARKED,
    RUNNING,
    ENDED
  }

  private final Session session;
  private final Caller caller;
  private final Operation<R> operation;
  private final Completion<? super R> completion;
  private State state = State.PARKED; // guarded by this
  private boolean asking; // guarded by this: a thread is at the barrier for us
  private boolean askAgain; // guarded by this: resumed while asking

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
    session.unpark(this);
    session.run(caller, operation, completion);
    synchronized (this) {
      state = State.ENDED;
    }
  }

  @Override
  public boolean cancel() {
    return end(Errno.EINTR);
  }

  /** Ends a parked request with an error; false if it runs or is over. */
  boolean end(Errno errno) {
    synchronized (this) {
      if (state != State.PARKED) {
        return false;
      }
      state = State.ENDED;
    }
    session.barrier().withdraw(this);
    session.unpark(this);
    completion.failed(errno);
    return true;
  }
}
