package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.api.Ticket;
import dev.coterie.core.Session;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection between a client of the simulation and its session at the leader: each way takes its
 * time, in order; the client can be stopped, and die.
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
  private final Session session;
  private final Witness witness;
  private final long slowest;
  private final List<Flight<?>> flights = new ArrayList<>();
  private final Set<Flight<?>> atLeader = new LinkedHashSet<>(); // not answered yet
  private long lastToLeader; // when what was sent last arrives
  private long lastToClient;
  private long stoppedUntil;
  private Supplier<Boolean> parksReturns = () -> false;
  private @Nullable Late late;
  private boolean mayBeFenced;
  private boolean ended; // the leader has nothing of it any more, or takes nothing
  private boolean dead; // the client is
  private boolean cut; // the leader has closed it, and the client knows

  /** Has what is given back wait as long as anybody does: what a leader must never do. */
  void parkReturns(Supplier<Boolean> somebodyWaits) {
    parksReturns = somebodyWaits;
  }

  /** What a leader does for a session that it has ended, and must not. */
  interface Late {
    void write(Operation.Write refused, Completion<Integer> completion);
  }

  /** Has writes done that come when the session has ended. */
  void takeLate(Late taking) {
    late = taking;
  }

  Link(String name, Simulation world, Session session, Witness witness) {
    this.name = name;
    this.world = world;
    this.session = session;
    this.witness = witness;
    this.slowest = world.between(2, 400);
    session.onExpire(() -> ended = true);
  }

  /** A request on its way, and what is to be told of its answer. */
  private final class Flight<R> implements Completion<R>, Ticket {
    private final Operation<R> asked;
    private final Operation<R> sent;
    private final Completion<? super R> completion;
    private @Nullable Ticket ticket;
    private boolean cancelled;
    private boolean over;

    Flight(Operation<R> asked, Completion<? super R> completion) {
      this.asked = asked;
      this.sent = copied(asked);
      this.completion = completion;
    }

    private void arrive(Caller caller) {
      if (sent instanceof Operation.ReturnLeases && parksReturns.get()) {
        world.after(1_000, () -> arrive(caller));
        return;
      }
      if (!dead) {
        world.tell(() -> name + " at the leader: " + toldOf(sent));
        atLeader.add(this);
        ticket = session.submit(caller, sent, this);
        if (cancelled) {
          ticket.cancel();
        }
      }
    }

    @Override
    public void done(R result) {
      atLeader.remove(this);
      witness.answered(Link.this, sent, result, null);
      toClient(() -> end(result, null));
    }

    @Override
    public void failed(Errno errno) {
      Late taking = late;
      if (taking != null && errno == Errno.ESTALE && sent instanceof Operation.Write write) {
        late = null; // it is refused if that is
        taking.write(write, inPlace());
        late = taking;
        return;
      }
      atLeader.remove(this);
      witness.answered(Link.this, sent, null, errno);
      toClient(() -> end(null, errno));
    }

    @SuppressWarnings("unchecked") // a write answers how much was written
    private Completion<Integer> inPlace() {
      return (Completion<Integer>) (Completion<?>) this;
    }

    private void end(@Nullable R result, @Nullable Errno errno) {
      if (over || dead) {
        return;
      }
      over = true;
      flights.remove(this);
      world.tell(() -> name + " is told " + toldOf(sent) + " -> " + toldOf(result, errno));
      if (result != null) {
        give(sent, asked);
        completion.done(result);
      } else {
        completion.failed(errno == null ? Errno.EIO : errno);
      }
    }

    @Override
    public boolean cancel() {
      toLeader(() -> {
        cancelled = true;
        if (ticket != null) {
          ticket.cancel();
        }
      });
      return false;
    }
  }

  /** Changes that wait at the leader. */
  List<Operation<?>> waiting() {
    List<Operation<?>> waiting = new ArrayList<>();
    for (Flight<?> flight : atLeader) {
      if (!(flight.sent instanceof Operation.NextRecalls)) {
        waiting.add(flight.sent);
      }
    }
    return waiting;
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

  private static String toldOf(@Nullable Object result, @Nullable Errno errno) {
    return errno != null ? errno.toString() : String.valueOf(result);
  }

  // ---- the way ----

  private void toLeader(Runnable arrival) {
    lastToLeader = Math.max(lastToLeader, world.now() + world.between(1, slowest));
    world.after(lastToLeader - world.now(), arrival);
  }

  private void toClient(Runnable arrival) {
    lastToClient = Math.max(lastToClient, world.now() + world.between(1, slowest));
    world.after(lastToClient - world.now(), () -> whenAwake(arrival));
  }

  private void whenAwake(Runnable arrival) {
    if (stoppedUntil > world.now()) {
      // Its threads and what has come meanwhile begin in any order.
      lastToClient = Math.max(lastToClient, stoppedUntil + world.between(0, slowest));
      world.after(lastToClient - world.now(), () -> whenAwake(arrival));
    } else {
      arrival.run();
    }
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
    toLeader(this::endAtLeader);
  }

  private void endAtLeader() {
    ended = true;
    session.close();
  }

  boolean isEnded() {
    return ended;
  }

  boolean hasAlone(InodeId file) {
    return session.hasAlone(file);
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
    Flight<R> flight = new Flight<>(operation, completion);
    flights.add(flight);
    toLeader(() -> flight.arrive(caller));
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

  /** The leader has closed the connection: what is under way ends, and nothing more goes. */
  void cut() {
    toClient(() -> {
      cut = true;
      List.copyOf(flights).forEach(flight -> flight.end(null, Errno.ESTALE));
    });
  }

  @Override
  public void close() {
    toLeader(this::endAtLeader);
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
