package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.core.event.Counter;
import dev.coterie.core.event.EventCounter;
import dev.coterie.core.event.EventSet;
import dev.coterie.core.event.Opening;
import dev.coterie.core.event.PipeEnd;
import dev.coterie.core.event.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Event sets, event counters and FIFOs of one session. */
final class EventOps {
  private final Session session;
  private final Vfs vfs;

  EventOps(Session session, Vfs vfs) {
    this.session = session;
    this.vfs = vfs;
  }

  // ---- making ----

  InodeOps.Fresh set() throws ErrnoException {
    Inode inode = vfs.anonymous().get();
    return new InodeOps.Fresh(
        new EventHandle(inode, new EventSet(vfs.nesting()), OpenFlags.O_RDWR),
        vfs.ops(inode).stat(inode));
  }

  InodeOps.Fresh counter(long initial, int flags) throws ErrnoException {
    int known = Operation.Eventfd.EFD_SEMAPHORE | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC;
    if ((flags & ~known) != 0 || initial == -1) {
      throw new ErrnoException(Errno.EINVAL);
    }
    boolean semaphore = (flags & Operation.Eventfd.EFD_SEMAPHORE) != 0;
    Inode inode = vfs.anonymous().get();
    return new InodeOps.Fresh(
        new EventHandle(
            inode,
            new Counter(initial, semaphore).open(true, true),
            OpenFlags.O_RDWR | (flags & OpenFlags.O_NONBLOCK)),
        vfs.ops(inode).stat(inode));
  }

  /** For a lock that could be taken. */
  InodeOps.Fresh lock(LockSource source) throws ErrnoException {
    Inode inode = vfs.anonymous().get();
    return new InodeOps.Fresh(
        new EventHandle(inode, source, OpenFlags.O_RDWR), vfs.ops(inode).stat(inode));
  }

  // ---- what can have to wait ----

  /** Whether an operation on such a handle is one that can have to wait. */
  static boolean canWait(Operation.OnHandle<?> operation) {
    return switch (operation) {
      case Operation.ReadNext _, Operation.WriteNext _, Operation.Append _, Operation.Evwait _ ->
          true;
      case Operation.Read _, Operation.Write _ -> true; // of a counter in the tree
      default -> false;
    };
  }

  /** As {@link #canWait}, where it costs something to look what handle it is. */
  static boolean canWait(Operation.OnHandle<?> operation, Counters counters) {
    boolean atOffset = operation instanceof Operation.Read || operation instanceof Operation.Write;
    return canWait(operation) && (!atOffset || counters.any());
  }

  /** How it is done. EBADF not open for it · EINVAL the handle cannot. */
  Step<?> step(EventHandle handle, Operation.OnHandle<?> operation) throws ErrnoException {
    return switch (operation) {
      case Operation.ReadNext(_, var destination) -> {
        Arguments.requireReadable(handle, 0, destination);
        yield reading(handle, destination);
      }
      case Operation.WriteNext(_, var source) -> writing(handle, source);
      case Operation.Append(_, var source) -> writing(handle, source);
      case Operation.Read(_, var offset, var destination, _) -> {
        requireFile(handle);
        Arguments.requireReadable(handle, offset, destination);
        yield new Counted(reading(handle, destination));
      }
      case Operation.Write(_, var offset, var source) -> {
        requireFile(handle);
        Arguments.requireWritable(handle, offset, source);
        yield new Counted(writing(handle, source));
      }
      case Operation.Evwait(_, var max, var timeoutMs) -> {
        if (max <= 0) {
          throw new ErrnoException(Errno.EINVAL);
        }
        yield new Wait(handle, setOf(handle), max, timeoutMs);
      }
      default -> throw new AssertionError("cannot wait: " + operation.label());
    };
  }

  /** ESPIPE: it has no offsets. A counter in the tree is a file, and has any. */
  private static void requireFile(EventHandle handle) throws ErrnoException {
    if ((handle.flags() & OpenFlags.COUNTER) == 0) {
      throw new ErrnoException(Errno.ESPIPE);
    }
  }

  private static Step<Transferred> reading(EventHandle handle, ByteBuffer destination)
      throws ErrnoException {
    return switch (handle.source) {
      case PipeEnd end -> new PipeRead(handle, end, destination);
      case EventCounter counter -> new Take(handle, counter, number(destination));
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  private static Step<Transferred> writing(EventHandle handle, ByteBuffer source)
      throws ErrnoException {
    Arguments.requireWritable(handle, 0, source);
    return switch (handle.source) {
      case PipeEnd end -> new PipeWrite(handle, end, source);
      case EventCounter counter -> new Add(handle, counter, number(source));
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  /** "EINVAL: the size of the supplied buffer is less than 8 bytes" (eventfd(2)). */
  private static ByteBuffer number(ByteBuffer buffer) throws ErrnoException {
    if (buffer.remaining() < Long.BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return buffer;
  }

  private static EventSet setOf(Handle handle) throws ErrnoException {
    if (handle instanceof EventHandle opened && opened.source instanceof EventSet set) {
      return set;
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  /** Waits for members of a set. */
  private static final class Wait extends Step<List<Event>> {
    private final EventSet set;
    private final int max;
    private final int timeoutMs;
    private volatile boolean timeUp;

    Wait(EventHandle handle, EventSet set, int max, int timeoutMs) {
      super(handle);
      this.set = set;
      this.max = Math.min(max, Limits.EVENTS_PER_WAIT);
      this.timeoutMs = timeoutMs;
      this.timeUp = timeoutMs == 0;
    }

    @Override
    @Nullable List<Event> attempt(@Nullable Runnable waiter) {
      boolean last = timeUp || waiter == null;
      List<Event> events = set.take(max, last ? null : waiter);
      return events.isEmpty() && !last ? null : events;
    }

    @Override
    int timeoutMs() {
      return timeoutMs;
    }

    @Override
    void timeUp() {
      timeUp = true;
    }
  }

  /** Takes what a counter has. */
  private static final class Take extends Step<Transferred> {
    private final EventCounter counter;
    private final ByteBuffer destination;

    Take(EventHandle handle, EventCounter counter, ByteBuffer destination) {
      super(handle);
      this.counter = counter;
      this.destination = destination;
    }

    @Override
    @Nullable Transferred attempt(@Nullable Runnable waiter) throws ErrnoException {
      long taken = counter.take(waiter);
      if (taken == 0) {
        return waits(waiter);
      }
      ByteOrder order = destination.order();
      destination.order(ByteOrder.LITTLE_ENDIAN).putLong(taken).order(order);
      return new Transferred(0, Long.BYTES);
    }
  }

  /** Adds to a counter. */
  private static final class Add extends Step<Transferred> {
    private final EventCounter counter;
    private final ByteBuffer source;

    Add(EventHandle handle, EventCounter counter, ByteBuffer source) {
      super(handle);
      this.counter = counter;
      this.source = source;
    }

    @Override
    @Nullable Transferred attempt(@Nullable Runnable waiter) throws ErrnoException {
      ByteBuffer view = source.slice().order(ByteOrder.LITTLE_ENDIAN);
      if (!counter.add(view.getLong(), waiter)) {
        return waits(waiter);
      }
      source.position(source.position() + Long.BYTES);
      return new Transferred(0, Long.BYTES);
    }
  }

  /** The same, where the answer is only how much. */
  private static final class Counted extends Step<Integer> {
    private final Step<Transferred> moving;

    Counted(Step<Transferred> moving) {
      super(moving.handle);
      this.moving = moving;
    }

    @Override
    @Nullable Integer attempt(@Nullable Runnable waiter) throws ErrnoException {
      Transferred moved = moving.attempt(waiter);
      return moved == null ? null : moved.count();
    }
  }

  /** Reads from a FIFO. */
  private static final class PipeRead extends Step<Transferred> {
    private final PipeEnd end;
    private final ByteBuffer destination;

    PipeRead(EventHandle handle, PipeEnd end, ByteBuffer destination) {
      super(handle);
      this.end = end;
      this.destination = destination;
    }

    @Override
    @Nullable Transferred attempt(@Nullable Runnable waiter) throws ErrnoException {
      int count = end.read(destination, waiter);
      return count < 0 ? waits(waiter) : new Transferred(0, count);
    }
  }

  /** Writes into a FIFO: all of it, however long that takes, unless O_NONBLOCK says otherwise. */
  private static final class PipeWrite extends Step<Transferred> {
    private final PipeEnd end;
    private final ByteBuffer source;
    private int written;

    PipeWrite(EventHandle handle, PipeEnd end, ByteBuffer source) {
      super(handle);
      this.end = end;
      this.source = source;
    }

    @Override
    @Nullable Transferred attempt(@Nullable Runnable waiter) throws ErrnoException {
      try {
        written += end.write(source, waiter);
      } catch (ErrnoException e) {
        if (written > 0) {
          return partial();
        }
        throw e;
      }
      if (!source.hasRemaining() || (waiter == null && written > 0)) {
        return new Transferred(0, written);
      }
      return waits(waiter);
    }

    @Override
    @Nullable Transferred partial() {
      return written > 0 ? new Transferred(0, written) : null;
    }
  }

  /** Nothing yet: for who waits; for who does not, EAGAIN. */
  private static @Nullable Transferred waits(@Nullable Runnable waiter) throws ErrnoException {
    if (waiter == null) {
      throw new ErrnoException(Errno.EAGAIN);
    }
    return null;
  }

  /** The session has closed a handle: what waits through it ends. */
  static void closed(long number, Collection<Request<?>> parked) {
    for (Request<?> request : parked) {
      if (request.isThrough(number)) {
        request.end(Errno.EBADF);
      }
    }
  }

  // ---- opening a FIFO ----

  /** Waits until the other side of a FIFO is open too. */
  final class Meeting extends Step<Operation.Opened> {
    private final InodeOps.Fresh fresh;
    private final PipeEnd end;
    private final boolean lookup;

    Meeting(InodeOps.Fresh fresh, EventHandle handle, boolean lookup) {
      super(handle);
      this.fresh = fresh;
      this.end = (PipeEnd) handle.source;
      this.lookup = lookup;
    }

    @Override
    Operation.@Nullable Opened attempt(@Nullable Runnable waiter) {
      boolean goesOn = handle.isNonblocking() || end.isMet(waiter);
      return goesOn ? session.opened(fresh, lookup) : null;
    }

    @Override
    void drop() {
      vfs.put(handle);
    }
  }

  /**
   * A handle of a FIFO, which may have to wait for its other side. EINVAL neither to read nor to
   * write · ENXIO O_NONBLOCK, to write alone, and nobody reads.
   *
   * @param inode with a reference that passes to the handle
   */
  static EventHandle fifo(Inode inode, int flags) throws ErrnoException {
    if (!OpenFlags.reads(flags) && !OpenFlags.writes(flags)) {
      throw new ErrnoException(Errno.EINVAL); // access mode 3
    }
    PipeEnd end =
        inode
            .pipe()
            .open(
                OpenFlags.reads(flags),
                OpenFlags.writes(flags),
                (flags & OpenFlags.O_NONBLOCK) != 0);
    return new EventHandle(inode, end, flags & ~OpenOps.OPENING_ONLY);
  }

  // ---- what cannot have to wait ----

  /** What such a handle answers in its own way; null: as any other. */
  static @Nullable Object onHandle(EventHandle handle, Operation.OnHandle<?> operation)
      throws ErrnoException {
    return switch (operation) {
      case Operation.Seek _, Operation.Fallocate _ -> throw new ErrnoException(Errno.ESPIPE);
      case Operation.CopyRange _, Operation.Fsync _ -> throw new ErrnoException(Errno.EINVAL);
      case Operation.SetFlags(_, var flags) -> {
        handle.setFlags(OpenFlags.SETTABLE, flags);
        yield Operation.Done.DONE;
      }
      default -> null;
    };
  }

  /** Adds, changes or takes out a member. */
  void control(Handle handle, Operation.Evctl control, Handle member) throws ErrnoException {
    Source source =
        switch (member) {
          case EventHandle watched -> watched.source;
          case WatchHandle watched -> watched.source();
          default -> throw new ErrnoException(Errno.EPERM);
        };
    EventSet set = setOf(handle);
    Opening opening = new Opening(session, control.member());
    switch (control.control()) {
      case ADD -> set.add(opening, source, control.mask(), control.data());
      case MOD -> set.modify(opening, source, control.mask(), control.data());
      case DEL -> set.remove(opening, source);
    }
  }
}
