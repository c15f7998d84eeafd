package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.core.Session;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request until it is answered. It may take several operations, one after the other; each may
 * park. Answered exactly once: by the reader before it goes on, or later by whichever thread
 * completes the last operation.
 */
final class Call {
  /** What follows when an operation is done. */
  interface Then<R> {
    void done(R result) throws ErrnoException;
  }

  final Connection connection;
  final int tag;
  private final FileService session; // of the time of the request: Tversion begins another
  private final @Nullable Caller claimed;
  private @Nullable DataSlot slot; // set by the reader; read by who answers
  private List<Integer> reserved = List.of(); // fids this request makes
  private @Nullable Failure failure;
  private Ticket ticket = Ticket.DONE; // guarded by this; of the operation under way
  private boolean cancelled; // guarded by this
  private boolean answered; // guarded by this; the answer is decided
  private boolean inline; // guarded by this; answered by the reader
  private boolean deferred; // guarded by this; the reader has gone on
  private List<Integer> flushes =
      List.of(); // guarded by this; tags of Tflush that wait for the answer

  Call(Connection connection, FileService session, int tag, @Nullable Caller claimed) {
    this.connection = connection;
    this.session = session;
    this.tag = tag;
    this.claimed = claimed;
  }

  /** In whose name: as the request itself says, else as the fid was attached. */
  Caller callerOf(Fid fid) {
    return claimed != null ? claimed : fid.caller();
  }

  /** Keeps a fid number that this request makes; it is given up if the request fails. */
  void reserve(int number) throws ErrnoException {
    connection.fids().reserve(number);
    List<Integer> more = new ArrayList<>(reserved);
    more.add(number);
    reserved = more;
  }

  /** Where this request's data is to be read to: room for its reply in the reader's own output. */
  ByteBuffer slotFor(int replyType, int count) throws ErrnoException {
    int most = P9.ioCount(count, connection.msize());
    slot = new DataSlot(replyType, tag, most, connection.ownRoom(most + P9.IOHDR));
    return slot.data();
  }

  // ---- operations ----

  <R> void submit(Caller caller, Operation<R> operation, Then<? super R> then) {
    synchronized (this) {
      if (cancelled) {
        fail(Errno.EINTR);
        return;
      }
    }
    Step<R> step = new Step<>(this, then);
    if (Session.mayTakeLong(operation)) {
      connection.pool().execute(() -> session.submit(caller, operation, step));
      return;
    }
    Ticket submitted = session.submit(caller, operation, step);
    if (!submitted.equals(Ticket.DONE)) {
      keep(submitted);
    }
  }

  private void keep(Ticket submitted) {
    boolean cancelNow;
    synchronized (this) {
      ticket = submitted;
      cancelNow = cancelled;
    }
    if (cancelNow) {
      submitted.cancel();
    }
  }

  private record Step<R>(Call call, Then<? super R> then) implements Completion<R> {
    @Override
    public void done(R result) {
      try {
        then.done(result);
      } catch (ErrnoException e) {
        call.fail(e.errno());
      }
    }

    @Override
    public void failed(Errno errno) {
      call.fail(errno);
    }
  }

  // ---- the answer ----

  void reply(Reply reply) {
    answer(reply, null);
  }

  /** Answers with the data that was read into the slot. */
  void replyData(DataSlot.Filled filled) {
    answer(null, filled);
  }

  void fail(Errno errno) {
    for (int number : reserved) {
      connection.fids().release(number);
    }
    Reply instead = failure == null ? null : failure.failed(errno);
    answer(instead != null ? instead : new Rlerror(errno.number()), null);
  }

  /** What else is to be done when the request fails. */
  interface Failure {
    /** Gives back what the request held; the reply that is sent instead of the error, or null. */
    @Nullable Reply failed(Errno errno);
  }

  void onFailure(Failure action) {
    failure = action;
  }

  private void answer(@Nullable Reply reply, DataSlot.@Nullable Filled filled) {
    synchronized (this) {
      if (answered) {
        throw new AssertionError("answered twice: tag " + tag);
      }
      answered = true;
      inline = !deferred && connection.isReader();
      if (!inline) {
        // Under the monitor, so that a flush which finds the call answered finds the answer on its
        // way too.
        connection.answerLate(this, reply, filled, flushes);
        return;
      }
    }
    connection.answerInline(reply, filled, slot, tag);
  }

  @Nullable DataSlot slot() {
    return slot;
  }

  // ---- the reader's side ----

  /**
   * Whether the reader answered it itself; if not, the reader goes on and the answer comes another
   * way.
   */
  synchronized boolean isInlineOrDefer() {
    deferred = !inline;
    return inline;
  }

  synchronized boolean isAnswered() {
    return answered;
  }

  /**
   * A Tflush names this request.
   *
   * @return false when it has been answered, so that Rflush may follow at once
   */
  boolean flush(int flushTag) {
    Ticket waiting;
    synchronized (this) {
      if (answered) {
        return false;
      }
      List<Integer> more = new ArrayList<>(flushes);
      more.add(flushTag);
      flushes = more;
      cancelled = true;
      waiting = ticket;
    }
    waiting.cancel();
    return true;
  }

  /** The session of the time of the request. */
  FileService session() {
    return session;
  }
}
