package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import org.jspecify.annotations.Nullable;

/** Operations through an open handle of one session, but its closing. */
final class OnHandles {
  private final Session session;
  private final Vfs vfs;
  private final References references;
  private final LockOps locks;
  private final WatchOps watches;
  private final EventOps events;
  private final Offsets offsets;

  OnHandles(
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
    this.offsets = new Offsets(vfs);
  }

  Object on(Caller caller, Operation.OnHandle<?> operation, Handle handle) throws ErrnoException {
    if (handle instanceof EventHandle opened) {
      Object answer = onEventHandle(opened, operation);
      if (answer != null) {
        return answer;
      }
    }
    InodeOps ops = vfs.ops(handle.inode);
    boolean shared = operation instanceof Operation.Share;
    if (handle instanceof WatchHandle && !shared) {
      return watches.on(caller, operation, handle, references);
    }
    return switch (operation) {
      case Operation.Read(_, var offset, var destination, var pieces) -> {
        Arguments.requireReadable(handle, offset, destination);
        yield ops.read(caller, handle, offset, destination, pieces);
      }
      case Operation.Write(_, var offset, var source) -> {
        Arguments.requireWritable(handle, offset, source);
        // pwrite(2), BUGS: "if a file is opened with O_APPEND, on Linux, pwrite() appends data to
        // the end of the file".
        yield ops.write(caller, handle, handle.isAppending() ? -1 : offset, source).count();
      }
      case Operation.Append(_, var source) -> {
        Arguments.requireWritable(handle, 0, source);
        yield ops.write(caller, handle, -1, source);
      }
      case Operation.ReadNext(_, var destination) -> offsets.readNext(caller, handle, destination);
      case Operation.WriteNext(_, var source) -> offsets.writeNext(caller, handle, source);
      case Operation.Seek(_, var whence, var offset) -> offsets.seek(handle, whence, offset);
      case Operation.SetFlags(_, var flags) -> offsets.setFlags(caller, handle, flags);
      case Operation.Fallocate(_, var mode, var offset, var length) -> {
        Arguments.requireAllocatable(handle, mode, offset, length);
        ops.fallocate(caller, handle, mode, offset, length);
        yield Done.DONE;
      }
      case Operation.CopyRange o ->
          session.through(o.toHandle(), to -> copy(caller, o, handle, to));
      case Operation.Fsync(_, var dataOnly) -> {
        ops.fsync(handle, dataOnly);
        yield Done.DONE;
      }
      case Operation.Readdir(_, var cookie, var bytes, var withStat) -> {
        handle.inode.requireDirectory();
        Arguments.requireCookie(cookie);
        Listing page = new Listing(bytes, withStat);
        ops.readdir(caller, handle, cookie, page);
        yield page.entries();
      }
      case Operation.Lock(var number, var lock, _) -> {
        locks.lock(caller, number, handle, lock);
        yield Done.DONE;
      }
      case Operation.LeaseLocks _ -> session.leases().lease(handle);
      case Operation.GetLock(_, var lock) -> locks.find(handle, lock);
      case Operation.Evctl o -> session.through(o.member(), member -> control(handle, o, member));
      case Operation.Evwait _ -> throw new ErrnoException(Errno.EINVAL);
      case Operation.Share(_) -> session.share(caller, handle);
      case Operation.AddWatch _, Operation.RemoveWatch _, Operation.NextChanges _ ->
          throw new ErrnoException(Errno.EINVAL);
      case Operation.Close _ -> throw new AssertionError("closed without being used");
    };
  }

  /** Null: as any other handle. Nobody waits here: the operation cannot, or was asked not to. */
  private @Nullable Object onEventHandle(EventHandle handle, Operation.OnHandle<?> operation)
      throws ErrnoException {
    return EventOps.canWait(operation)
        ? events.step(handle, operation).attempt(null)
        : EventOps.onHandle(handle, operation);
  }

  private Done control(Handle handle, Operation.Evctl o, Handle member) throws ErrnoException {
    events.control(handle, o, member);
    return Done.DONE;
  }

  private long copy(Caller caller, Operation.CopyRange copy, Handle from, Handle to)
      throws ErrnoException {
    Arguments.requireCopyable(from, copy.offset(), to, copy.toOffset(), copy.length());
    return vfs.ops(from.inode)
        .copyRange(caller, from, copy.offset(), to, copy.toOffset(), copy.length());
  }
}
