package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The least client that keeps changes back: writes of one value at the begin of a file that it has
 * alone, and the copies that it answers from. With one of its rules left out it shows that the
 * simulation finds what is wrong.
 */
final class WriteBackCopies implements FileService {
  /** A rule that is left out. */
  enum Broken {
    /** A lease is given back before what was kept back is at the leader. */
    ACKNOWLEDGED_FIRST,
    /** The replies of the write-back are not awaited. */
    NOT_AWAITED,
    /** Writes are kept back while the lease is being given back. */
    KEEPS_WHILE_RETURNING,
    /** Writes are kept back under a shared lease. */
    KEEPS_WHAT_IS_SHARED,
    /** What goes to the leader goes past what is kept back. */
    NO_WRITE_BACK_BEFORE,
    /** Writes are kept back however long nothing was heard of the leader. */
    NO_DEADLINE
  }

  private static final int VALUE_BYTES = Long.BYTES;

  /** What is known of one file. */
  private static final class State {
    LeaseMode mode = LeaseMode.NONE;
    int seq;
    int floor;
    long handle;
    boolean returning;
    int changing; // own operations at the leader that change it
    int changed;
    int flushing; // writes of what was kept back that are not answered
    @Nullable Stat stat;
    @Nullable Long value;
    boolean dirty;
  }

  private final Simulation world;
  private final Link link;
  private final Set<Broken> broken;
  private final Map<Long, InodeId> inodes = new HashMap<>(); // of handles
  private final Map<InodeId, State> states = new HashMap<>();
  private long deadline;

  WriteBackCopies(Simulation world, Link link, Set<Broken> broken) {
    this.world = world;
    this.link = link;
    this.broken = broken.isEmpty() ? EnumSet.noneOf(Broken.class) : EnumSet.copyOf(broken);
    world.new Fiber(this::takeRecalls);
  }

  private boolean lacks(Broken rule) {
    return broken.contains(rule);
  }

  private State of(InodeId id) {
    return states.computeIfAbsent(id, _ -> new State());
  }

  // ---- giving back ----

  private void takeRecalls() {
    try {
      while (true) {
        List<LeaseName> recalls = below(Caller.ROOT, new Operation.NextRecalls(4, true));
        link.requireAwake();
        for (LeaseName recall : recalls) {
          giveBack(recall);
        }
      }
    } catch (ErrnoException e) {
      states.values().forEach(WriteBackCopies::drop); // the session is over
      deadline = Long.MIN_VALUE;
    }
  }

  private void giveBack(LeaseName recall) throws ErrnoException {
    State state = of(recall.id());
    boolean held = state.seq == recall.seq() && state.mode != LeaseMode.NONE;
    boolean keeps = held && recall.keeps() == LeaseMode.SHARED;
    LeaseName given = recall.keeping(keeps ? LeaseMode.SHARED : LeaseMode.NONE);
    Operation<?> giveBack = new Operation.ReturnLeases(List.of(given));
    if (!keeps) {
      state.floor = Math.max(state.floor, recall.seq());
    }
    if (!held) {
      if (state.seq < recall.seq()) {
        drop(state);
      }
      below(Caller.ROOT, giveBack);
      return;
    }
    state.returning = true;
    if (lacks(Broken.ACKNOWLEDGED_FIRST)) {
      below(Caller.ROOT, giveBack);
      writeBack(recall.id(), state);
      lower(state, recall.seq(), keeps);
    } else {
      writeBack(recall.id(), state);
      lower(state, recall.seq(), keeps);
      below(Caller.ROOT, giveBack);
    }
  }

  /** Gives up what is not kept, unless another grant has come meanwhile. */
  private static void lower(State state, int seq, boolean keeps) {
    if (!keeps) {
      drop(state);
    } else if (state.seq == seq && state.mode != LeaseMode.NONE) {
      state.mode = LeaseMode.SHARED;
      state.returning = false;
    }
  }

  private static void drop(State state) {
    state.mode = LeaseMode.NONE;
    state.returning = false;
    state.stat = null;
    state.value = null;
    state.dirty = false;
  }

  private void writeBack(InodeId id, State state) throws ErrnoException {
    boolean any = state.dirty || state.flushing > 0;
    while (state.dirty || state.flushing > 0) {
      if (state.flushing > 0) {
        if (link.isDead()) {
          throw new ErrnoException(Errno.ESTALE);
        }
        world.current().sleep(20); // another thread is at it
        continue;
      }
      Long value = state.value;
      Operation<Integer> write =
          new Operation.Write(state.handle, 0, bytes(value == null ? 0 : value));
      state.dirty = false;
      state.flushing++;
      try {
        send(write);
      } finally {
        state.flushing--;
      }
      if (lacks(Broken.KEEPS_WHILE_RETURNING)) {
        break; // it believes that this was all
      }
    }
    if (any && !state.dirty) {
      link.cleaned(id);
    }
  }

  private void send(Operation<Integer> write) throws ErrnoException {
    if (!lacks(Broken.NOT_AWAITED)) {
      below(Caller.ROOT, write);
      return;
    }
    world
    .new Fiber(() -> {
      try {
        world.current().sleep(world.between(1, 500));
        below(Caller.ROOT, write);
      } catch (ErrnoException e) {
        deadline = Long.MIN_VALUE; // the session is over
      }
    });
  }

  private static ByteBuffer bytes(long value) {
    return ByteBuffer.allocate(VALUE_BYTES).putLong(0, value);
  }

  // ---- the leader ----

  private <R> R below(Caller caller, Operation<R> operation) throws ErrnoException {
    long sent = world.now();
    R answer = link.call(caller, operation);
    deadline = Math.max(deadline, sent + Limits.LEASE_MS * 1000L);
    return answer;
  }

  private boolean isUsable(State state, LeaseMode mode) {
    boolean inTime = world.now() < deadline || lacks(Broken.NO_DEADLINE);
    return inTime && state.changing == 0 && state.mode.compareTo(mode) >= 0;
  }

  /** Asks for a lease, and learns the attributes. */
  private Stat lease(Caller caller, InodeId id, LeaseMode wish) throws ErrnoException {
    State state = of(id);
    int before = state.changed;
    Leased leased = below(caller, new Operation.Lease(id, wish));
    if (leased.seq() == 0 || leased.seq() <= state.floor || leased.seq() < state.seq) {
      return leased.stat();
    }
    if (leased.seq() != state.seq) {
      drop(state);
      state.seq = leased.seq();
      state.mode = leased.mode();
    }
    boolean quiet = state.changed == before && state.changing == 0 && !state.dirty;
    if (quiet && state.mode != LeaseMode.NONE) {
      state.stat = leased.stat();
    }
    return leased.stat();
  }

  // ---- operations ----

  @Override
  @SuppressWarnings("unchecked") // each case answers what its operation does
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    return (R)
        switch (operation) {
          case Operation.Getattr(var id) -> stat(caller, id);
          case Operation.Write o when o.offset() == 0 && o.source().remaining() == VALUE_BYTES ->
              write(caller, o);
          case Operation.Read o
              when o.offset() == 0 && o.destination().remaining() == VALUE_BYTES ->
              read(caller, o);
          case Operation.Open(var id, _) -> {
            Operation.Opened opened = (Operation.Opened) below(caller, operation);
            inodes.put(opened.handle(), id);
            of(id).handle = opened.handle();
            yield opened;
          }
          default -> other(caller, operation);
        };
  }

  private <R> R other(Caller caller, Operation<R> operation) throws ErrnoException {
    InodeId id =
        switch (operation) {
          case Operation.Setattr o -> o.id();
          case Operation.Write o -> inodes.get(o.handle());
          case Operation.Append o -> inodes.get(o.handle());
          default -> null;
        };
    if (id == null) {
      return below(caller, operation);
    }
    State state = of(id);
    state.changing++;
    try {
      if (!lacks(Broken.NO_WRITE_BACK_BEFORE)) {
        writeBack(id, state);
      }
      return below(caller, operation);
    } finally {
      state.changing--;
      state.changed++;
      state.stat = null;
      if (!state.dirty) {
        state.value = null;
      }
    }
  }

  private Integer write(Caller caller, Operation.Write write) throws ErrnoException {
    InodeId id = inodes.get(write.handle());
    if (id == null) {
      return below(caller, write);
    }
    State state = of(id);
    if (state.mode != LeaseMode.EXCLUSIVE && world.chance(2)) {
      lease(caller, id, LeaseMode.EXCLUSIVE);
      link.requireAwake();
    }
    LeaseMode needed = lacks(Broken.KEEPS_WHAT_IS_SHARED) ? LeaseMode.SHARED : LeaseMode.EXCLUSIVE;
    Stat stat = state.stat;
    if (!isUsable(state, needed)
        || stat == null
        || (state.returning && !lacks(Broken.KEEPS_WHILE_RETURNING))
        || (state.flushing > 0 && !lacks(Broken.KEEPS_WHILE_RETURNING))) {
      return other(caller, write);
    }
    long value = write.source().getLong(write.source().position());
    write.source().position(write.source().limit());
    state.value = value;
    state.stat = withSize(stat, Math.max(stat.size(), VALUE_BYTES));
    state.dirty = true;
    link.kept(id, value, state.stat.size());
    return VALUE_BYTES;
  }

  private Integer read(Caller caller, Operation.Read read) throws ErrnoException {
    InodeId id = inodes.get(read.handle());
    if (id == null) {
      return below(caller, read);
    }
    State state = of(id);
    Long value = state.value;
    Stat stat = state.stat;
    if (value != null && stat != null && isUsable(state, LeaseMode.SHARED)) {
      if (stat.size() < VALUE_BYTES) {
        return 0;
      }
      read.destination().putLong(value);
      return VALUE_BYTES;
    }
    writeBackUnlessLeftOut(id, state);
    int seq = state.mode == LeaseMode.NONE ? 0 : state.seq;
    int before = state.changed;
    int start = read.destination().position();
    int count = below(caller, read);
    boolean same = state.mode != LeaseMode.NONE && state.seq == seq && state.changed == before;
    if (same
        && state.changing == 0
        && !state.dirty
        && state.flushing == 0
        && count == VALUE_BYTES) {
      state.value = read.destination().getLong(start);
    }
    return count;
  }

  private Stat stat(Caller caller, InodeId id) throws ErrnoException {
    State state = of(id);
    Stat stat = state.stat;
    if (stat != null && isUsable(state, LeaseMode.SHARED)) {
      return stat;
    }
    writeBackUnlessLeftOut(id, state);
    return lease(caller, id, world.chance(3) ? LeaseMode.EXCLUSIVE : LeaseMode.SHARED);
  }

  private void writeBackUnlessLeftOut(InodeId id, State state) throws ErrnoException {
    if (!lacks(Broken.NO_WRITE_BACK_BEFORE)) {
      writeBack(id, state);
    }
  }

  private static Stat withSize(Stat stat, long size) {
    return new Stat(
        stat.id(),
        stat.mode(),
        stat.nlink(),
        stat.uid(),
        stat.gid(),
        stat.rdev(),
        size,
        stat.blksize(),
        stat.blocks(),
        stat.atime(),
        stat.mtime(),
        stat.ctime(),
        stat.btime(),
        stat.change());
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    return link.submit(caller, operation, completion);
  }

  @Override
  public void close() {
    link.close();
  }
}
