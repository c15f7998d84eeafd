package dev.coterie.client;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import org.jspecify.annotations.Nullable;

/**
 * One operation under way: waited for by the thread that made it, or with a completion.
 *
 * <p>What it uses and asks for is filled in by {@link Requests} before it gets its tag, and then
 * left alone. It is finished once: by the one who took it out of {@link Tags}.
 */
final class Call<R> extends Waiting implements Ticket {
  final Connection connection; // immutable
  final Operation<R> operation; // immutable
  final @Nullable Completion<? super R> completion; // immutable; null: the thread waits
  int tag = -1; // guarded by Tags

  // Published with the tag.
  int replyType;
  int count; // bytes it may move
  int newFid = P9.NOFID;
  int newHandleFid = P9.NOFID;
  @Nullable Held first; // in use
  @Nullable Held second; // in use
  @Nullable Request request; // of a Close, which may be sent later

  volatile boolean handleClosed; // while this waited through it

  int surplusFid = P9.NOFID; // of the reader: another fid of an inode that has one

  private @Nullable R result; // published by `done`
  private @Nullable Errno errno; // published by `done`
  private volatile boolean done; // atomic

  Call(Connection connection, Operation<R> operation, @Nullable Completion<? super R> completion) {
    this.connection = connection;
    this.operation = operation;
    this.completion = completion;
  }

  @Override
  boolean isDone() {
    return done;
  }

  /** A handle is given up the moment its Close begins, so that cannot be taken back. */
  boolean isCancellable() {
    return !(operation instanceof Operation.Close);
  }

  @Override
  void interrupted() {
    connection.cancel(this);
  }

  /**
   * Sends a Tflush, once. The answer, or EINTR, still comes: never with this call, as only the
   * leader knows who won.
   */
  @Override
  public boolean cancel() {
    connection.cancel(this);
    return false;
  }

  /** Ends it with an answer, of the type its operation says, or with an error. */
  @SuppressWarnings("unchecked")
  void finish(@Nullable Object answer, @Nullable Errno reported) {
    R value = (R) answer;
    Errno error = reported == Errno.EINTR && handleClosed ? Errno.EBADF : reported;
    if (completion == null) {
      result = value;
      errno = error;
      done = true;
      connection.role().wake(this);
      return;
    }
    done = true;
    try {
      if (error != null) {
        completion.failed(error);
      } else if (value != null) {
        completion.done(value);
      }
    } catch (RuntimeException | Error e) {
      report(e); // not the fault of the thread that happens to read
    }
  }

  /** Reports a fault that is to end neither this thread nor what it is at. */
  static void report(Throwable fault) {
    Thread thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, fault);
  }

  /** What it ended with. */
  R answer() throws ErrnoException {
    if (errno != null) {
      String reason = errno == Errno.EIO ? connection.reason() : "";
      String label = operation.label();
      throw new ErrnoException(errno, reason.isEmpty() ? label : label + ": " + reason);
    }
    if (result == null) {
      throw new AssertionError("ended without an answer: " + operation.label());
    }
    return result;
  }
}
