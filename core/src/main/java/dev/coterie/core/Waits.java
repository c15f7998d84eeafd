package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.RangeLock;
import dev.coterie.core.event.PipeEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations of one session that can have to wait, beside what a barrier does to any. */
final class Waits {
  private final Session session;
  private final Vfs vfs;
  private final References references;
  private final LockOps locks;
  private final WatchOps watches;
  private final EventOps events;

  Waits(
      Session session,
      Vfs vfs,
      References references,
      LockOps locks,
      WatchOps watches,
      EventOps events) {
    this.session = session;
    this.vfs = vfs;
    this.references = references;
    this.locks = locks;
    this.watches = watches;
    this.events = events;
  }

  boolean canWait(Operation<?> operation) {
    return switch (operation) {
      case Operation.Lock(_, var lock, var waits) -> waits && lock.type() != RangeLock.Type.UNLOCK;
      case Operation.NextChanges(_, _, var waits) -> waits;
      case Operation.NextRecalls(_, var waits) -> waits;
      case Operation.UseKey _ -> true;
      case Operation.Evwait wait -> wait.timeoutMs() != 0;
      case Operation.OnHandle<?> o ->
          EventOps.canWait(o, vfs.counters())
              && session.handle(o.handle()) instanceof EventHandle handle
              && !handle.isNonblocking();
      case Operation.Open(var id, var flags) ->
          (flags & (OpenFlags.O_NONBLOCK | OpenFlags.NO_FIFO)) == 0
              && references.find(id) instanceof InsideInode inode
              && inode.node.type() == Mode.S_IFIFO;
      // The name may be a FIFO's.
      case Operation.Create create ->
          (create.flags() & (OpenFlags.O_NONBLOCK | OpenFlags.NO_FIFO | OpenFlags.O_EXCL)) == 0;
      default -> false;
    };
  }

  /** Null: it waits, and the request will be told. */
  @SuppressWarnings("unchecked") // each answers what its operation's type says
  <R> @Nullable R doOrWait(Caller caller, Operation<R> operation, Request<R> request)
      throws ErrnoException {
    if (operation instanceof Operation.Lock(var number, var lock, _)) {
      boolean granted =
          session.through(
              number, handle -> locks.lockOrWait(caller, number, handle, lock, request));
      return granted ? (R) Done.DONE : null;
    }
    if (operation instanceof Operation.NextChanges(var number, var bytes, _)) {
      return (R)
          session.<@Nullable List<Change>>through(
              number, handle -> watches.nextOrWait(number, handle, bytes, request));
    }
    if (operation instanceof Operation.NextRecalls(var max, _)) {
      return (R) session.leases().nextOrWait(max, request);
    }
    if (operation instanceof Operation.UseKey use) {
      return (R) session.leases().keys().useOrWait(caller, use, request);
    }
    if (operation instanceof Operation.OnHandle<?> o) {
      return session.<@Nullable R>through(
          o.handle(),
          handle ->
              handle instanceof EventHandle opened
                  ? begin((Step<R>) events.step(opened, o), request)
                  : session.execute(caller, operation));
    }
    InodeOps.Fresh fresh = session.fresh(caller, (Operation.Opening) operation);
    boolean lookup = operation instanceof Operation.Create;
    return fresh.handle() instanceof EventHandle fifo && fifo.source instanceof PipeEnd
        ? begin((Step<R>) events.new Meeting(fresh, fifo, lookup), request)
        : (R) session.opened(fresh, lookup);
  }

  private static <R> @Nullable R begin(Step<R> step, Request<R> request) throws ErrnoException {
    request.waitsWith(step);
    R result = step.attempt(request);
    if (result == null && step.timeoutMs() > 0) {
      request.limit(step.timeoutMs());
    }
    return result;
  }

  <R> @Nullable R tryAgain(Step<R> step, Request<R> request) throws ErrnoException {
    if (!step.handle.tryGet()) {
      throw new ErrnoException(Errno.EBADF);
    }
    try {
      R result = step.attempt(request);
      if (result != null && step.timeoutMs() > 0) {
        // If its time was up the source knows it still. It must not when the answer goes out: what
        // comes after that is for others.
        step.handle.source.forget(request);
      }
      return result;
    } finally {
      vfs.put(step.handle);
    }
  }
}
