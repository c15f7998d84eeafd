package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;

/** A call on a thread of its own. */
final class Calling<R> {
  private final Answer<R> answer = new Answer<>();
  private final Thread thread;
  private volatile boolean leftInterrupted;

  private Calling(FileService service, Caller caller, Operation<R> operation, boolean interrupted) {
    thread =
        new Thread(() -> {
          if (interrupted) {
            Thread.currentThread().interrupt();
          }
          try {
            R result = service.call(caller, operation);
            leftInterrupted = Thread.currentThread().isInterrupted();
            answer.done(result);
          } catch (ErrnoException e) {
            leftInterrupted = Thread.currentThread().isInterrupted();
            answer.failed(e.errno());
          }
        });
    thread.setDaemon(true);
    thread.start();
  }

  static <R> Calling<R> of(FileService service, Caller caller, Operation<R> operation) {
    return new Calling<>(service, caller, operation, false);
  }

  /** The thread is interrupted before it calls. */
  static <R> Calling<R> interrupted(FileService service, Caller caller, Operation<R> operation) {
    return new Calling<>(service, caller, operation, true);
  }

  void interrupt() {
    thread.interrupt();
  }

  boolean isEnded() {
    return answer.isEnded();
  }

  /** Until the thread waits for something; it has begun its call, then. */
  void awaitWaiting() {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  /** Until two wait, of which one reads, so that it does not seem to wait. */
  static void awaitBothWaiting(Calling<?> one, Calling<?> other) {
    while (one.thread.getState() != Thread.State.WAITING
        && other.thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  R result() throws InterruptedException {
    return answer.result();
  }

  Errno errno() throws InterruptedException {
    return answer.errno();
  }

  /** Whether the thread's interrupt status was set when the call returned. */
  boolean leftInterrupted() throws InterruptedException {
    thread.join();
    return leftInterrupted;
  }
}
