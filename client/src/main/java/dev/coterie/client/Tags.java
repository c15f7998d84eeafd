package dev.coterie.client;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.wire.ProtocolException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which call has which tag.
 *
 * <pre>
 *  tag 0 … CALLS-1                a call
 *  tag CALLS … CALLS+CLUNKS-1     a clunk that nobody waits for ({@link Output})
 *  tag FLUSH | t                  the Tflush of t
 *
 *  free → called → answered → free
 *              ↘ flushing → answered, flushing → free       (the reply came before Rflush)
 *                        ↘ free                             (Rflush alone: the call is cancelled)
 * </pre>
 *
 * <p>Whoever takes a call out of this table, and nobody else, finishes it: so a call ends once. A
 * tag that is flushed is used again only after Rflush.
 */
final class Tags {
  /** Tags for clunks that nobody waits for. */
  static final int CLUNKS = 64;

  /** Calls under way at a time; with the clunks no more than a leader takes. */
  static final int CALLS = Limits.REQUESTS_PER_CONNECTION - CLUNKS;

  /**
   * Of those, kept for giving leases back and for learning which: other calls may all be waiting
   * for leases of others, who wait for ours.
   */
  static final int FOR_LEASES = 2;

  /** The bit that makes the tag of a Tflush of the tag it flushes. */
  static final int FLUSH = 0x8000;

  /** A call of a waiting thread that found no tag free; it is given the next one. */
  static final class Seat extends Waiting {
    final Call<?> call; // immutable
    private final Tags tags; // immutable
    private volatile boolean done; // atomic

    Seat(Tags tags, Call<?> call) {
      this.tags = tags;
      this.call = call;
    }

    @Override
    boolean isDone() {
      return done;
    }

    @Override
    void interrupted() {
      if (call.isCancellable()) {
        tags.withdraw(this);
      }
    }
  }

  private final @Nullable Call<?>[] calls = new Call<?>[CALLS]; // guarded by this
  private final @Nullable Call<?>[] flushing = new Call<?>[CALLS]; // guarded by this
  private final int[] seqs = new int[CALLS]; // guarded by this: of the last change in each slot
  private final boolean[] forLeases = new boolean[CALLS]; // guarded by this
  private int leasing; // guarded by this: how many tags are in use for leases
  private final int[] free = new int[CALLS]; // guarded by this: a stack, so that few are in use
  private int freeCount = CALLS; // guarded by this
  private final ArrayDeque<Seat> queue = new ArrayDeque<>(0); // guarded by this
  private End end = End.NOT_YET; // guarded by this
  private final ReaderRole role; // immutable

  Tags(ReaderRole role) {
    this.role = role;
    for (int i = 0; i < CALLS; i++) {
      free[i] = CALLS - 1 - i;
    }
  }

  /**
   * Gives the call a tag.
   *
   * @return false when there is none
   * @throws ErrnoException the connection is over
   */
  synchronized boolean take(Call<?> call) throws ErrnoException {
    requireOpen();
    if (!hasFree(call)) {
      return false;
    }
    assign(free[--freeCount], call);
    return true;
  }

  /**
   * Gives the call a tag at once or, in its turn, when one is free; or none, when the connection is
   * over.
   */
  synchronized Seat queue(Call<?> call) {
    Seat seat = new Seat(this, call);
    if (end != End.NOT_YET) {
      seat.done = true;
    } else if (hasFree(call)) {
      assign(free[--freeCount], call);
      seat.done = true;
    } else {
      queue.add(seat);
    }
    return seat;
  }

  private synchronized void withdraw(Seat seat) {
    if (queue.remove(seat)) {
      seat.done = true;
    }
  }

  /** The call that a reply answers, which is to be finished by the caller. */
  Call<?> answered(int tag) throws ProtocolException {
    Seat served = null;
    Call<?> call;
    synchronized (this) {
      call = tag < CALLS ? calls[tag] : null;
      if (call == null) {
        throw new ProtocolException("a reply to tag " + tag + ", which waits for none");
      }
      calls[tag] = null;
      if (flushing[tag] == null) {
        served = release(tag);
      }
    }
    serve(served);
    return call;
  }

  /**
   * The calls through a handle that can wait without end: for a lock, a change, an event, a FIFO.
   */
  synchronized List<Call<?>> waits(Held.Handle handle) {
    List<Call<?>> waits = new ArrayList<>(0);
    for (Call<?> call : calls) {
      if (call != null && (waits(call, handle) || waitsWithin(call, handle))) {
        waits.add(call);
      }
    }
    return waits;
  }

  private static boolean waitsWithin(Call<?> call, Held.Handle handle) {
    for (int i = 0; i < call.parts.size(); i++) {
      if (waits(call.parts.get(i), handle)) {
        return true;
      }
    }
    return false;
  }

  private static boolean waits(Call<?> call, Held.Handle handle) {
    return handle.equals(call.first) && waits(call.operation, handle);
  }

  private static boolean waits(Operation<?> operation, Held.Handle handle) {
    boolean atOffset = operation instanceof Operation.Read || operation instanceof Operation.Write;
    return (atOffset && handle.counter)
        || (operation instanceof Operation.Lock lock && lock.waits())
        || (operation instanceof Operation.NextChanges next && next.waits())
        || operation instanceof Operation.Evwait
        || operation instanceof Operation.ReadNext
        || operation instanceof Operation.WriteNext
        || operation instanceof Operation.Append;
  }

  /**
   * Notes that a Tflush of the call is about to be sent.
   *
   * @return false when there is nothing to flush: it was answered, or flushed before
   */
  synchronized boolean flush(Call<?> call) {
    int tag = call.tag;
    if (tag < 0 || calls[tag] != call || flushing[tag] != null || end != End.NOT_YET) {
      return false;
    }
    flushing[tag] = call;
    return true;
  }

  /**
   * Rflush came.
   *
   * @return the call, cancelled, which is to be finished by the caller; null when it was answered
   */
  @Nullable Call<?> flushed(int tag) throws ProtocolException {
    Seat served;
    Call<?> call;
    synchronized (this) {
      if (tag >= CALLS || flushing[tag] == null) {
        throw new ProtocolException("an Rflush of tag " + tag + ", which was not flushed");
      }
      flushing[tag] = null;
      call = calls[tag];
      calls[tag] = null;
      served = release(tag);
    }
    serve(served);
    return call;
  }

  /**
   * Takes back the tag of a call that was not sent.
   *
   * @return whether the call is to be finished by the caller; else it was by another, as the
   *     connection is over
   */
  boolean giveBack(Call<?> call) {
    Seat served;
    synchronized (this) {
      int tag = call.tag;
      if (tag < 0) {
        return true;
      }
      if (calls[tag] != call) {
        return false;
      }
      if (call.once) {
        seqs[tag]--; // the leader has not seen it
      }
      calls[tag] = null;
      served = release(tag);
    }
    serve(served);
    return true;
  }

  /** What is to be done on a new connection of the session. */
  record Again(List<Call<?>> calls, List<Call<?>> flushes, List<Call<?>> lost) {}

  /**
   * After a connection was lost: those that are to be sent again, those whose Tflush is too, and
   * those that are to be finished by the caller, as they cannot be. Called under the lock of {@link
   * Output}.
   */
  Again again() {
    Again again = new Again(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<@Nullable Seat> served = new ArrayList<>();
    synchronized (this) {
      for (int tag = 0; tag < CALLS; tag++) {
        Call<?> call = calls[tag];
        Call<?> flushed = flushing[tag];
        if (call == null) {
          if (flushed != null && flushed.flushSent) {
            flushing[tag] = null; // its Rflush was lost
            served.add(release(tag));
          }
        } else if (call.sent && call.request != null && Lasting.isRepeatable(call)) {
          again.calls.add(call);
          if (flushed != null && flushed.flushSent) {
            again.flushes.add(call);
          }
        } else if (call.sent) {
          call.failed = true;
          again.lost.add(call);
          calls[tag] = null;
          flushing[tag] = null;
          served.add(release(tag));
        }
      }
    }
    for (int i = 0; i < served.size(); i++) {
      serve(served.get(i));
    }
    return again;
  }

  /**
   * Takes no more calls.
   *
   * @param why what further ones end with
   * @return those that were under way, which are to be finished by the caller
   */
  List<Call<?>> close(End why) {
    List<Call<?>> pending = new ArrayList<>();
    List<Seat> unserved;
    synchronized (this) {
      end = why;
      for (int tag = 0; tag < CALLS; tag++) {
        Call<?> call = calls[tag];
        if (call != null) {
          pending.add(call);
          calls[tag] = null;
        }
      }
      unserved = new ArrayList<>(queue);
      queue.clear();
    }
    for (int i = 0; i < unserved.size(); i++) {
      serve(unserved.get(i));
    }
    return pending;
  }

  synchronized void requireOpen() throws ErrnoException {
    if (end != End.NOT_YET) {
      throw new ErrnoException(end.later());
    }
  }

  private void assign(int tag, Call<?> call) {
    calls[tag] = call;
    call.tag = tag;
    if (call.once) {
      call.seq = ++seqs[tag];
    }
    if (isForLeases(call.operation)) {
      forLeases[tag] = true;
      leasing++;
    }
  }

  private boolean hasFree(Call<?> call) {
    int kept = isForLeases(call.operation) ? 0 : Math.max(0, FOR_LEASES - leasing);
    return freeCount > kept;
  }

  static boolean isForLeases(Operation<?> operation) {
    return operation instanceof Operation.ReturnLeases
        || operation instanceof Operation.ReturnKey
        || operation instanceof Operation.ReturnLocks
        || operation instanceof Operation.NextRecalls;
  }

  private @Nullable Seat release(int tag) {
    if (forLeases[tag]) {
      forLeases[tag] = false;
      leasing--;
    }
    free[freeCount++] = tag;
    Iterator<Seat> waiting = queue.iterator();
    while (waiting.hasNext()) {
      Seat seat = waiting.next();
      if (hasFree(seat.call)) {
        waiting.remove();
        assign(free[--freeCount], seat.call);
        return seat;
      }
    }
    return null;
  }

  private void serve(@Nullable Seat seat) {
    if (seat != null) {
      seat.done = true;
      role.wake(seat);
    }
  }
}
