package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
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
final class Call implements Slots.Change {
  /** What follows when an operation is done. */
  interface Then<R> {
    void done(R result) throws ErrnoException;
  }

  final int tag;
  private final Connection connection;
  private final Conversation conversation; // of the time of the request: Tversion begins another
  private final @Nullable Caller claimed;
  private final @Nullable Compound compound; // that this is a part of; told the answer
  private @Nullable DataSlot slot; // set by the reader; read by who answers
  private List<Integer> reserved = List.of(); // fids this request makes
  private @Nullable Failure failure;
  private @Nullable Slots keeper; // set by the reader before it is begun; is told the reply
  private volatile boolean outlives; // set by the reader before it is pending
  private volatile boolean unbounded; // set by the reader before it is pending
  private boolean carriedOut; // set by the reader before it goes on: a flush does not cancel it
  private int operations; // guarded by this; how many were begun
  private Ticket ticket = Ticket.DONE; // guarded by this; of the last operation begun
  private boolean cancelled; // guarded by this
  private volatile boolean answered; // written under this; the answer is decided
  private boolean inline; // guarded by this; answered by the reader
  private boolean deferred; // guarded by this; the reader has gone on
  private @Nullable Buffer input; // guarded by this; left to this call until it is answered
  private @Nullable Buffer output; // guarded by this; left to this call until it is answered
  private List<Integer> flushes =
      List.of(); // guarded by this; tags of Tflush that wait for the answer

  Call(Conversation conversation, int tag, @Nullable Caller claimed) {
    this(conversation, tag, claimed, null);
  }

  private Call(
      Conversation conversation, int tag, @Nullable Caller claimed, @Nullable Compound compound) {
    this.connection = conversation.connection();
    this.conversation = conversation;
    this.tag = tag;
    this.claimed = claimed;
    this.compound = compound;
  }

  /** A request inside of this one. */
  Call part(Compound of, int index) {
    return new Call(conversation, index, claimed, of);
  }

  @Override
  public int tag() {
    return tag;
  }

  Conversation conversation() {
    return conversation;
  }

  /** In whose name: as the request itself says, else as the fid was attached. */
  Caller callerOf(Fid fid) {
    return claimed != null ? claimed : fid.caller();
  }

  /** Keeps a fid number that this request makes; it is given up if the request fails. */
  void reserve(int number) throws ErrnoException {
    conversation.fids().reserve(number);
    List<Integer> more = new ArrayList<>(reserved);
    more.add(number);
    reserved = more;
  }

  /** Where this request's data is to be read to: room for its reply in the reader's own output. */
  ByteBuffer slotFor(int replyType, int count) throws ErrnoException {
    int most = P9.ioCount(count, conversation.msize());
    if (compound != null) {
      slot = compound.slotFor(replyType, tag, most);
      return slot.data();
    }
    slot = new DataSlot(replyType, tag, most, connection.ownRoom(most + P9.IOHDR));
    return slot.data();
  }

  /**
   * From here on the request is carried out: a flush waits for it, as what has been done cannot be
   * undone.
   */
  void carryOut() {
    carriedOut = true;
  }

  /** It may always be under way, however much else is. */
  void countsForNoLimit() {
    unbounded = true;
  }

  /** A change that is applied once: the reply is kept for who asks again. */
  @Override
  public void keepReply(Slots slots) {
    keeper = slots;
    outlives = true;
  }

  /** Whether its reply is kept. */
  boolean isKept() {
    return keeper != null;
  }

  /** Fids that it makes. */
  List<Integer> reserved() {
    return reserved;
  }

  /** It is not given up when its connection is lost. */
  @Override
  public void outlivesConnection() {
    outlives = true;
  }

  boolean isOutliving() {
    return outlives;
  }

  boolean isUnbounded() {
    return unbounded;
  }

  // ---- operations ----

  <R> void submit(Caller caller, Operation<R> operation, Then<? super R> then) {
    int number;
    boolean goesOn;
    synchronized (this) {
      goesOn = !cancelled;
      number = ++operations;
      ticket = Ticket.DONE;
    }
    Step<R> step = new Step<>(this, then);
    if (!goesOn) {
      step.failed(Errno.EINTR);
    } else if (conversation.mayTakeLong(operation)) {
      Pooled<R> pooled = new Pooled<>(caller, operation, step, number);
      keep(number, pooled);
      connection.pool().execute(pooled);
    } else {
      keep(number, conversation.session().submit(caller, operation, step));
    }
  }

  /** Waits for what is no operation of its own: a flush cancels this. */
  @Override
  public void waitsFor(Ticket waiting) {
    int number;
    synchronized (this) {
      number = ++operations;
    }
    keep(number, waiting);
  }

  /** Notes what a flush is to cancel, unless that operation is over and the next one begun. */
  private void keep(int number, Ticket submitted) {
    boolean cancelNow;
    synchronized (this) {
      if (number != operations) {
        return;
      }
      ticket = submitted;
      cancelNow = cancelled;
    }
    if (cancelNow) {
      submitted.cancel();
    }
  }

  /** An operation that waits for a thread of the pool: can be cancelled until it has one. */
  private final class Pooled<R> implements Runnable, Ticket {
    private final Caller caller;
    private final Operation<R> operation;
    private final Step<R> step;
    private final int number;
    private boolean begun; // guarded by this; or cancelled

    Pooled(Caller caller, Operation<R> operation, Step<R> step, int number) {
      this.caller = caller;
      this.operation = operation;
      this.step = step;
      this.number = number;
    }

    private synchronized boolean begin() {
      boolean first = !begun;
      begun = true;
      return first;
    }

    @Override
    public void run() {
      if (!begin()) {
        return;
      }
      try {
        keep(number, conversation.session().submit(caller, operation, step));
      } catch (RuntimeException | Error e) {
        connection.fault(e);
      }
    }

    @Override
    public boolean cancel() {
      if (!begin()) {
        return false;
      }
      connection.pool().remove(this);
      step.failed(Errno.EINTR);
      return true;
    }
  }

  /** What fails here by a fault of ours costs this connection, not the thread it happens on. */
  private record Step<R>(Call call, Then<? super R> then) implements Completion<R> {
    @Override
    public void done(R result) {
      try {
        then.done(result);
      } catch (ErrnoException e) {
        failed(e.errno());
      } catch (RuntimeException | Error e) {
        call.connection.fault(e);
      }
    }

    @Override
    public void failed(Errno errno) {
      try {
        call.fail(errno);
      } catch (RuntimeException | Error e) {
        call.connection.fault(e);
      }
    }
  }

  // ---- the answer ----

  @Override
  public void reply(Reply reply) {
    answer(reply, null);
  }

  /** Answers with the data that was read into the slot. */
  void replyData(DataSlot.Filled filled) {
    answer(null, filled);
  }

  void fail(Errno errno) {
    for (int number : reserved) {
      conversation.fids().release(number);
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
    if (keeper != null && reply != null) {
      keeper.end(this, reply);
    }
    synchronized (this) {
      if (answered) {
        throw new AssertionError("answered twice: tag " + tag);
      }
      answered = true;
      if (compound == null) {
        sendAnswer(reply, filled);
        if (!inline) {
          return;
        }
      }
    }
    if (compound != null) {
      compound.answered(this, reply, filled);
    } else {
      connection.answerInline(reply, filled, slot, tag);
    }
  }

  /** Under the monitor, so that a flush which finds it answered finds the answer on its way too. */
  private void sendAnswer(@Nullable Reply reply, DataSlot.@Nullable Filled filled) {
    inline = !deferred && connection.isReader();
    if (!inline) {
      connection.answerLate(this, reply, filled, flushes);
      connection.takeBack(input, output);
    }
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

  /**
   * Leaves buffers to the call that it reads from and writes into.
   *
   * @return false when it has been answered meanwhile, and needs them no more
   */
  synchronized boolean leave(@Nullable Buffer in, @Nullable Buffer out) {
    if (!answered) {
      input = in;
      output = out;
    }
    return !answered;
  }

  /**
   * Without the monitor, which is held until the answer was sent: by then the client may have sent
   * the next request.
   */
  boolean isAnswered() {
    return answered;
  }

  /**
   * A Tflush names this request, or another Tflush that waits for it.
   *
   * @return false when it has been answered, so that Rflush may follow at once
   */
  boolean flush(int flushTag) {
    synchronized (this) {
      if (answered) {
        return false;
      }
      List<Integer> more = new ArrayList<>(flushes);
      more.add(flushTag);
      flushes = more;
    }
    giveUp();
    return true;
  }

  /** As {@link #cancel}, but for what is carried out. */
  void giveUp() {
    if (!carriedOut) {
      cancel();
    }
  }

  /** Gives the request up if that can still be done. */
  @Override
  public void cancel() {
    Ticket waiting;
    synchronized (this) {
      cancelled = true;
      waiting = ticket;
    }
    waiting.cancel();
  }
}
