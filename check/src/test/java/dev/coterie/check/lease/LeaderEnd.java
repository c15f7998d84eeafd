package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.core.Session;
import dev.coterie.leader.SimulatedRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The leader's end of a link: a session of the core, with the leader's slots, and its one
 * connection. Connections and what is read from them are as in the leader; only that no bytes are.
 */
final class LeaderEnd {
  /**
   * What came of an operation.
   *
   * @param done as the leader had it
   * @param result null: it failed
   * @param errno null: it did not
   */
  record Answer(Operation<?> done, @Nullable Object result, @Nullable Errno errno) {
    @Override
    public String toString() {
      return errno != null ? errno.toString() : String.valueOf(result);
    }
  }

  /** What a leader does for a session that it has ended, and must not. */
  interface Late {
    void write(Operation.Write refused, Completion<Integer> completion);
  }

  /** Where answers go. */
  interface Back {
    void send(Line line, Runnable arrival);
  }

  private final Link link;
  private final Simulation world;
  private final Session session;
  private final Link.Witness witness;
  private final Back back;
  private final SimulatedRequest.Memory memory = new SimulatedRequest.Memory();
  private final Set<Arrived<?>> atWork = new LinkedHashSet<>(); // not answered yet
  private Supplier<Boolean> parksReturns = () -> false;
  private @Nullable Late late;
  private @Nullable Line line; // null: none, for now
  private Runnable alarm = () -> {}; // takes back the end for want of a connection
  private boolean ended; // nothing of the client is here any more, or nothing is taken
  private int again; // changes that had been begun when they came again

  LeaderEnd(
      Link link, Simulation world, Session session, Link.Witness witness, Line line, Back back) {
    this.link = link;
    this.world = world;
    this.session = session;
    this.witness = witness;
    this.line = line;
    this.back = back;
    session.onExpire(() -> ended = true);
  }

  void parkReturns(Supplier<Boolean> somebodyWaits) {
    parksReturns = somebodyWaits;
  }

  void takeLate(Late taking) {
    late = taking;
  }

  // ---- requests ----

  /** A request, as it has come over one connection. */
  private final class Arrived<R> extends SimulatedRequest implements Completion<R> {
    private final Line over;
    private final Operation<R> operation;
    private final Consumer<Answer> told;

    Arrived(Line over, int tag, Operation<R> operation, Consumer<Answer> told) {
      super(memory, tag);
      this.over = over;
      this.operation = operation;
      this.told = told;
    }

    @Override
    public void done(R result) {
      witness.answered(link, operation, result, null);
      answer(new Answer(operation, result, null));
    }

    @Override
    public void failed(Errno errno) {
      Late taking = late;
      if (taking != null && errno == Errno.ESTALE && operation instanceof Operation.Write write) {
        late = null; // it is refused if that is
        taking.write(write, inPlace());
        late = taking;
        return;
      }
      witness.answered(link, operation, null, errno);
      answer(new Answer(operation, null, errno));
    }

    @SuppressWarnings("unchecked") // a write answers how much was written
    private Completion<Integer> inPlace() {
      return (Completion<Integer>) (Completion<?>) this;
    }

    @Override
    protected void told(Object answer) {
      atWork.remove(this);
      if (over.isOpenAtLeader()) {
        Answer given =
            answer instanceof Errno errno ? new Answer(operation, null, errno) : (Answer) answer;
        back.send(over, () -> told.accept(given));
      }
    }
  }

  /**
   * A request has come.
   *
   * @param seq its number in its slot, the tag; 0: it is done as often as it comes
   * @return what may be given up
   */
  <R> SimulatedRequest arrive(
      Line over, int tag, int seq, Caller caller, Operation<R> operation, Consumer<Answer> told) {
    Arrived<R> request = new Arrived<>(over, tag, operation, told);
    arrive(request, seq, caller);
    return request;
  }

  private <R> void arrive(Arrived<R> request, int seq, Caller caller) {
    if (request.operation instanceof Operation.ReturnLeases && parksReturns.get()) {
      world.after(1_000, () -> arrive(request, seq, caller));
      return;
    }
    world.tell(() -> link + " at the leader: " + Link.toldOf(request.operation));
    atWork.add(request);
    if (seq != 0) {
      if (ended) {
        request.told(Errno.ESTALE);
        return;
      }
      if (!request.begin(seq)) {
        world.tell(() -> link + " has asked for that before");
        again++;
        return;
      }
    }
    request.waitsFor(session.submit(caller, request.operation, request));
  }

  /** What waits here, but for recalls. */
  List<Operation<?>> waiting() {
    List<Operation<?>> waiting = new ArrayList<>();
    for (Arrived<?> request : atWork) {
      if (!(request.operation instanceof Operation.NextRecalls)) {
        waiting.add(request.operation);
      }
    }
    return waiting;
  }

  // ---- connections ----

  /** A connection was lost, or is given up: what waits with it ends, but for what is once. */
  void lost(Line lost) {
    if (!lost.isOpenAtLeader()) {
      return;
    }
    lost.endAtLeader();
    for (Arrived<?> request : List.copyOf(atWork)) {
      if (request.over == lost && !request.isOutliving()) {
        request.cancel();
      }
    }
    if (line == lost) {
      line = null;
      alarm = world.cancellable(Limits.LEASE_RECALL_MS * 1000L, this::end);
    }
  }

  /** Another connection; false: the session is gone. */
  boolean resume(Line next) {
    if (ended) {
      return false;
    }
    Line before = line;
    if (before != null) {
      lost(before);
    }
    alarm.run();
    line = next;
    session.recallAgain();
    return true;
  }

  // ---- the end ----

  void end() {
    ended = true;
    session.close();
  }

  boolean isEnded() {
    return ended;
  }

  boolean hasAlone(InodeId file) {
    return session.hasAlone(file);
  }

  /** How many changes came that had been begun before. */
  int again() {
    return again;
  }
}
