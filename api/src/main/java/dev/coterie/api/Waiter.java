package dev.coterie.api;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A completion that one thread waits for. */
final class Waiter<R> implements Completion<R> {
  private final Thread thread = Thread.currentThread();
  private @Nullable R result; // published by `answered`
  private @Nullable Errno errno; // published by `answered`
  private volatile boolean answered;

  static <R> R await(
      FileService service, Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    Waiter<R> waiter = new Waiter<>();
    Ticket ticket = service.submit(caller, operation, waiter);
    if (pending == null || waiter.answered) {
      return waiter.answer(ticket, operation);
    }
    pending.add(ticket);
    try {
      return waiter.answer(ticket, operation);
    } finally {
      pending.remove(ticket);
    }
  }

  private R answer(Ticket ticket, Operation<R> operation) throws ErrnoException {
    boolean interrupted = false;
    while (!answered) {
      LockSupport.park(this);
      // An interrupt asks once; whoever wins, the answer then comes soon and must be waited for, as
      // buffers are in use.
      if (Thread.interrupted() && !interrupted) {
        interrupted = true;
        ticket.cancel();
      }
    }
    if (interrupted) {
      thread.interrupt();
    }
    if (errno != null) {
      throw new ErrnoException(errno, operation.label());
    }
    if (result == null) {
      throw new AssertionError("completed without an answer: " + operation.label());
    }
    return result;
  }

  @Override
  public void done(R value) {
    result = value;
    answered();
  }

  @Override
  public void failed(Errno error) {
    errno = error;
    answered();
  }

  /** In one process it mostly is the waiting thread itself that comes here, before it waits. */
  private void answered() {
    answered = true;
    if (!Thread.currentThread().equals(thread)) {
      LockSupport.unpark(thread);
    }
  }
}
