package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Pending;
import dev.coterie.api.Ticket;
import dev.coterie.client.LastingCalls;
import dev.coterie.core.Session;
import dev.coterie.leader.SimulatedRequest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's end of the way to its session at the leader: each direction takes its time, in order;
 * the client can be stopped, and die.
 *
 * <p>If it lasts, its connection may be lost with all that is on its way. Then it goes on with
 * another, as the product's client does: what has no answer is sent again, changes with the number
 * that they had in their slot.
 */
final class Link implements FileService {
  /** Told of what the leader does, at the moment when it does it. */
  interface Witness {
    <R> void answered(Link link, Operation<R> operation, @Nullable R result, @Nullable Errno errno);

    /** The client calls an operation done; its caller will hear of that. */
    default void acknowledged(Link link, Operation<?> operation, Object result) {}

    /** A write counts as done, and the leader has not heard of it. */
    default void kept(Link link, InodeId file, long value, long size) {}

    /** All that was kept back of a file was taken by the leader. */
    default void cleaned(Link link, InodeId file) {}
  }

  private final String name;
  private final Simulation world;
  private final LeaderEnd leader;
  private final Witness witness;
  private final boolean lasts;
  private final long slowest;
  private final List<Flight<?>> flights = new ArrayList<>();
  private final int[] seqs = new int[Limits.SLOTS_PER_SESSION]; // of the last change in each slot
  private final Deque<Integer> freeTags = new ArrayDeque<>();
  private int tags; // that were ever in use
  private Line line = new Line();
  private boolean connected = true;
  private long lastToLeader; // when what was sent last arrives
  private long lastToClient;
  private long stoppedUntil;
  private boolean mayBeFenced;
  private boolean dead;
  private boolean cut; // the leader has closed it, and the client knows

  Link(String name, Simulation world, Session session, Witness witness, boolean lasts) {
    this.name = name;
    this.world = world;
    this.witness = witness;
    this.lasts = lasts;
    this.slowest = world.between(2, 400);
    this.leader = new LeaderEnd(this, world, session, witness, line, this::toClient);
  }

  /** Has what is given back wait as long as anybody does: what a leader must never do. */
  void parkReturns(Supplier<Boolean> somebodyWaits) {
    leader.parkReturns(somebodyWaits);
  }

  /** Has writes done that come when the session has ended. */
  void takeLate(LeaderEnd.Late taking) {
    leader.takeLate(taking);
  }

  /** A request under way, and what is to be told of its answer. */
  private final class Flight<R> implements Ticket {
    private final Caller caller;
    private final Operation<R> asked;
    private final Completion<? super R> completion;
    private final int tag;
    private final int seq; // 0: it may be done twice
    private @Nullable SimulatedRequest arrived;
    private boolean sent;
    private boolean cancelled;
    private boolean over;

    Flight(Caller caller, Operation<R> asked, Completion<? super R> completion) {
      this.caller = caller;
      this.asked = asked;
      this.completion = completion;
      Integer free = freeTags.pollFirst();
      this.tag = free != null ? free : tags++;
      this.seq = lasts && LastingCalls.isOnce(asked) ? ++seqs[tag] : 0;
    }

    private void send() {
      sent = true;
      Line over = line;
      Operation<R> message = copied(asked);
      toLeader(
          over,
          () -> {
            if (dead) {
              return;
            }
            SimulatedRequest request =
                leader.arrive(over, tag, seq, caller, message, this::answered);
            arrived = request;
            if (cancelled) {
              request.cancel();
            }
          });
    }

    /** Whether it can be sent over another connection. A client with copies asks for them again. */
    private boolean isSentAgain() {
      return LastingCalls.isSentAgain(asked) || asked instanceof Operation.Lease;
    }

    private void answered(LeaderEnd.Answer answer) {
      world.tell(() -> name + " is told " + toldOf(asked) + " -> " + answer);
      end(answer);
    }

    @SuppressWarnings("unchecked") // what the operation answers
    private void end(LeaderEnd.Answer answer) {
      if (over || dead) {
        return;
      }
      over = true;
      flights.remove(this);
      freeTags.addFirst(tag);
      Object result = answer.result();
      if (result != null) {
        give(answer.done(), asked);
        completion.done((R) result);
      } else {
        Errno errno = answer.errno();
        completion.failed(errno == null ? Errno.EIO : errno);
      }
    }

    /** Without an answer; how many references the leader counts, nobody will miss. */
    private void endWith(Errno errno) {
      end(
          asked instanceof Operation.Forget
              ? new LeaderEnd.Answer(asked, Done.DONE, null)
              : new LeaderEnd.Answer(asked, null, errno));
    }

    @Override
    public boolean cancel() {
      toLeader(
          line,
          () -> {
            cancelled = true;
            SimulatedRequest request = arrived;
            if (request != null) {
              request.cancel();
            }
          });
      return false;
    }
  }

  /** Changes that wait at the leader. */
  List<Operation<?>> waiting() {
    return leader.waiting();
  }

  /** An operation, shortly, with the values that it writes. */
  static String toldOf(Operation<?> operation) {
    return switch (operation) {
      case Operation.Write o -> "write " + o.handle() + ", " + values(o.source());
      case Operation.Append o -> "append " + o.handle() + ", " + values(o.source());
      default -> operation.toString();
    };
  }

  private static List<Long> values(ByteBuffer bytes) {
    List<Long> values = new ArrayList<>();
    for (int at = 0; at + Long.BYTES <= bytes.limit(); at += Long.BYTES) {
      values.add(bytes.getLong(at));
    }
    return values;
  }

  // ---- the way ----

  private void toLeader(Line over, Runnable arrival) {
    lastToLeader = Math.max(lastToLeader, world.now() + world.between(1, slowest));
    world.after(
        lastToLeader - world.now(),
        () -> {
          if (over.isOpenAtLeader()) {
            arrival.run();
          }
        });
  }

  private void toClient(Line over, Runnable arrival) {
    lastToClient = Math.max(lastToClient, world.now() + world.between(1, slowest));
    world.after(lastToClient - world.now(), () -> whenAwake(over, arrival));
  }

  private void whenAwake(Line over, Runnable arrival) {
    if (stoppedUntil > world.now()) {
      // Its threads and what has come meanwhile begin in any order.
      lastToClient = Math.max(lastToClient, stoppedUntil + world.between(0, slowest));
      world.after(lastToClient - world.now(), () -> whenAwake(over, arrival));
    } else if (over.isOpenAtClient()) {
      arrival.run();
    }
  }

  // ---- a connection that is lost ----

  /** Each end finds that out at a time of its own; what comes to it before is taken. */
  void lose() {
    Line lost = line;
    world.tell(() -> name + ": its connection is lost");
    world.after(world.between(0, 2 * slowest), () -> leader.lost(lost));
    world.after(world.between(0, 2 * slowest), () -> whenAwake(lost, () -> lostHere(lost)));
  }

  private void lostHere(Line lost) {
    lost.endAtClient();
    if (dead || cut) {
      return;
    }
    world.tell(() -> name + " finds its connection lost");
    connected = false;
    long until = world.chance(20) ? world.between(500_000, 3_000_000) : world.between(10, 20_000);
    mayBeFenced |= until >= Limits.LEASE_MS * 1000L / 2;
    world.after(until, this::connect);
  }

  private void connect() {
    if (dead) {
      return;
    }
    Line next = new Line();
    line = next;
    toLeader(
        next,
        () -> {
          boolean resumed = leader.resume(next);
          toClient(next, () -> resumed(resumed));
        });
  }

  private void resumed(boolean there) {
    if (!there) {
      cut = true;
      List.copyOf(flights).forEach(flight -> flight.endWith(Errno.ESTALE));
      return;
    }
    world.tell(() -> name + " goes on with another connection");
    connected = true;
    List<Flight<?>> all = new ArrayList<>(flights);
    all.sort(Comparator.comparing((Flight<?> flight) -> !flight.sent).thenComparingInt(f -> f.tag));
    for (Flight<?> flight : all) {
      if (!flight.sent || flight.isSentAgain()) {
        flight.send();
      } else {
        flight.endWith(Errno.EIO);
      }
    }
  }

  /** How many changes the leader had begun when they came to it. */
  int again() {
    return leader.again();
  }

  // ---- what befalls the client ----

  /** Stops the client for a time: it sees and sends nothing. */
  void stop(long micros) {
    mayBeFenced |= micros >= Limits.LEASE_MS * 1000L / 2;
    stoppedUntil = world.now() + micros;
  }

  /** Holds up a fiber of a client that is stopped. */
  void requireAwake() {
    while (stoppedUntil > world.now()) {
      world.current().sleep(stoppedUntil - world.now());
    }
  }

  /** Ends the client; the leader notices a little later. */
  void die() {
    dead = true;
    Line last = line;
    toLeader(
        last,
        () -> {
          if (lasts) {
            leader.lost(last);
          } else {
            leader.end();
          }
        });
  }

  boolean isEnded() {
    return leader.isEnded();
  }

  boolean hasAlone(InodeId file) {
    return leader.hasAlone(file);
  }

  void kept(InodeId file, long value, long size) {
    witness.kept(this, file, value, size);
  }

  void cleaned(InodeId file) {
    witness.cleaned(this, file);
  }

  /** Whether the leader may have given the client up: it was stopped for long, or has died. */
  boolean mayBeFenced() {
    return mayBeFenced || dead;
  }

  boolean isDead() {
    return dead;
  }

  @Override
  public String toString() {
    return name;
  }

  // ---- the service ----

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (dead || cut) {
      completion.failed(Errno.ESTALE);
      return Ticket.DONE;
    }
    Flight<R> flight = new Flight<>(caller, operation, completion);
    flights.add(flight);
    if (connected) {
      flight.send();
    }
    return flight;
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    return call(this, caller, operation);
  }

  /** Does it with a service above this link, without a thread that waits. */
  <R> R call(FileService service, Caller caller, Operation<R> operation) throws ErrnoException {
    requireAwake();
    Simulation.Fiber self = world.current();
    List<Object> end = new ArrayList<>(1);
    Completion<R> completion =
        new Completion<>() {
          @Override
          public void done(R result) {
            witness.acknowledged(Link.this, operation, result);
            end.add(result);
            self.unpark();
          }

          @Override
          public void failed(Errno errno) {
            end.add(new ErrnoException(errno, operation.label()));
            self.unpark();
          }
        };
    service.submit(caller, operation, completion);
    while (end.isEmpty()) {
      self.park();
    }
    if (world.chance(4)) {
      self.sleep(world.between(1, slowest)); // it has the answer, and not yet a processor
    }
    requireAwake();
    if (end.getFirst() instanceof ErrnoException e) {
      throw e;
    }
    @SuppressWarnings("unchecked") // what the completion was given
    R result = (R) end.getFirst();
    return result;
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    return call(caller, operation);
  }

  @Override
  public boolean isRemote() {
    return true;
  }

  @Override
  public void close() {
    toLeader(line, leader::end);
  }

  // ---- messages carry bytes, not buffers ----

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  @SuppressWarnings("unchecked") // of the same kind
  private static <R> Operation<R> copied(Operation<R> operation) {
    Operation<?> copy =
        switch (operation) {
          case Operation.Write o -> new Operation.Write(o.handle(), o.offset(), copy(o.source()));
          case Operation.Append o -> new Operation.Append(o.handle(), copy(o.source()));
          case Operation.Read o ->
              new Operation.Read(
                  o.handle(), o.offset(), ByteBuffer.allocate(o.destination().remaining()));
          default -> operation;
        };
    return (Operation<R>) copy;
  }

  private static void give(Operation<?> sent, Operation<?> asked) {
    if (sent instanceof Operation.Read from && asked instanceof Operation.Read to) {
      to.destination().put(from.destination().flip());
    } else if (sent instanceof Operation.Write from && asked instanceof Operation.Write to) {
      to.source().position(to.source().position() + from.source().position());
    } else if (sent instanceof Operation.Append from && asked instanceof Operation.Append to) {
      to.source().position(to.source().position() + from.source().position());
    }
  }
}
