package dev.coterie.client;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Ticket;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import java.util.List;
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
  final List<Call<?>> parts; // immutable; of several in one message, else empty
  int tag = -1; // guarded by Tags

  // Published with the tag.
  int replyType;
  int count; // bytes it may move
  int newFid = P9.NOFID;
  int newHandleFid = P9.NOFID;
  @Nullable Held first; // in use
  @Nullable Held second; // in use
  @Nullable Request request; // as it was sent or, of a Close, may be later
  boolean once; // a change of a session that lasts
  int seq; // of such a change, in its slot; guarded by Tags

  boolean sent; // guarded by Output: it is, or was to be, on a connection
  long order; // guarded by Output: in which the calls were sent
  boolean flushSent; // guarded by Output: a Tflush of it is
  boolean failed; // guarded by Output: its connection was lost, and it is not sent again

  volatile boolean handleClosed; // while this waited through it

  Held.@Nullable Handle closes; // of a part: what it closes
  boolean isAnswered; // of a part, of the reader: the leader has done it, or has failed to

  int surplusFid = P9.NOFID; // of the reader: another fid of an inode that has one

  private @Nullable R result; // published by `done`
  private @Nullable Errno errno; // published by `done`
  private volatile boolean done; // atomic

  Call(Connection connection, Operation<R> operation, @Nullable Completion<? super R> completion) {
    this.connection = connection;
    this.operation = operation;
    this.completion = completion;
    this.parts = List.of();
  }

  private Call(
      Connection connection,
      Operation<R> first,
      @Nullable Completion<? super R> completion,
      List<Call<?>> parts) {
    this.connection = connection;
    this.operation = first;
    this.completion = completion;
    this.parts = parts;
  }

  /**
   * Several operations in one message. It ends with Done when the leader has answered it: what came
   * of each is that one's answer.
   *
   * @param parts at least one; those at the end that have no type of reply when it ends did not go
   *     along
   */
  @SuppressWarnings("unchecked") // the first stands for all where one has to be named
  static Call<Done> together(
      Connection connection, List<Call<?>> parts, @Nullable Completion<? super Done> completion) {
    Operation<Done> first = (Operation<Done>) parts.getFirst().operation;
    return new Call<>(connection, first, completion, parts);
  }

  /** What is sent: the request, with its number if it is to be applied once. */
  Request frame() {
    Request plain = request;
    if (plain == null) {
      throw new AssertionError("nothing to send: " + operation.label());
    }
    return once ? new SessionRequest.Tonce(0, seq, plain) : plain;
  }

  @Override
  boolean isDone() {
    return done;
  }

  /** A handle is given up the moment its Close begins, so that cannot be taken back. */
  boolean isCancellable() {
    return !(operation instanceof Operation.Close) || !parts.isEmpty();
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

  /** Ends a part; whoever waits, waits for the whole. */
  @SuppressWarnings("unchecked")
  void conclude(@Nullable Object answer, @Nullable Errno reported) {
    result = (R) answer;
    errno = reported;
    isAnswered = true;
    done = true;
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
