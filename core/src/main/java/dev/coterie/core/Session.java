package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Token;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One client's identity at the leader: its references, handles and what it has waiting.
 *
 * <p>Its end: fenced, so that nothing more starts (ESTALE); what waits is cancelled; and when the
 * last operation at work has left, all it held is given back. Whoever leaves last does that, so
 * nobody waits.
 */
public final class Session implements FileService {
  private static final int FENCED = Integer.MIN_VALUE;

  private final Vfs vfs;
  private final References references;
  private final ConcurrentHashMap<Long, Handle> handles = new ConcurrentHashMap<>();
  private final AtomicLong handleNumbers = new AtomicLong();
  private final Set<Request<?>> parked = ConcurrentHashMap.newKeySet();
  private final AtomicInteger atWork =
      new AtomicInteger(); // FENCED + operations at work, once fenced
  private final NameOps names;
  private final RenameOp rename;
  private final AttrOps attributes;
  private final XattrOps xattrs;
  private final OpenOps opens;
  private final DataOps data;

  Session(Vfs vfs) {
    this.vfs = vfs;
    this.references = new References(vfs.inodes());
    this.names = new NameOps(vfs);
    this.rename = new RenameOp(vfs, names);
    this.attributes = new AttrOps(vfs);
    this.xattrs = new XattrOps(vfs);
    this.opens = new OpenOps(vfs, names, attributes);
    this.data = new DataOps(vfs, attributes);
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (barrier().equals(Barrier.OPEN)) {
      run(caller, operation, completion);
      return Ticket.DONE;
    }
    Request<R> request = new Request<>(this, caller, operation, completion);
    parked.add(request);
    if (isFenced()) {
      request.end(Errno.ESTALE);
      return Ticket.DONE;
    }
    request.resume();
    return request.isEnded() ? Ticket.DONE : request;
  }

  /** Whether the operation can take so long that a thread which serves others should not do it. */
  public static boolean mayTakeLong(Operation<?> operation) {
    return operation instanceof Operation.Fsync || operation instanceof Operation.CopyRange;
  }

  Barrier barrier() {
    return vfs.barrier();
  }

  void unpark(Request<?> request) {
    parked.remove(request);
  }

  /** Does an operation now, on this thread, and answers it when all locks are free again. */
  <R> void run(Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (!enter()) {
      completion.failed(Errno.ESTALE);
      return;
    }
    R result;
    try {
      if (operation instanceof Operation.Opening && handles.size() >= Limits.HANDLES_PER_SESSION) {
        throw new ErrnoException(Errno.EMFILE);
      }
      result = execute(caller, operation);
    } catch (ErrnoException e) {
      leave();
      completion.failed(e.errno());
      return;
    } catch (RuntimeException | Error e) {
      // A fault of our own: whoever runs us is told by the exception, whoever waits must not wait
      // on.
      leave();
      completion.failed(Errno.EIO);
      throw e;
    }
    leave();
    completion.done(result);
  }

  private boolean enter() {
    for (int count = atWork.get(); count >= 0; count = atWork.get()) {
      if (atWork.compareAndSet(count, count + 1)) {
        return true;
      }
    }
    return false;
  }

  private void leave() {
    assert Held.none() : "operation left with locks held";
    if (atWork.decrementAndGet() == FENCED) {
      giveBack();
    }
    vfs.reap();
  }

  private boolean isFenced() {
    return atWork.get() < 0;
  }

  @Override
  public void close() {
    int before = atWork.getAndUpdate(count -> count < 0 ? count : count + FENCED);
    if (before < 0) {
      return;
    }
    for (Request<?> request : parked) {
      request.end(Errno.ESTALE);
    }
    if (before == 0) {
      giveBack();
    }
    vfs.reap();
  }

  private void giveBack() {
    vfs.tokens().endAll(this);
    for (Handle handle : handles.values()) {
      vfs.put(handle);
    }
    handles.clear();
    references.clear();
    vfs.ended(this);
  }

  @SuppressWarnings("unchecked") // each case answers what its operation's type says
  private <R> R execute(Caller caller, Operation<R> operation) throws ErrnoException {
    return (R)
        switch (operation) {
          case Operation.OnHandle<?> o -> onHandle(caller, o);
          case Operation.Root _ -> entered(names.root());
          case Operation.Lookup(var dir, var name) ->
              entered(names.find(caller, references.require(dir), name));
          case Operation.Forget(var id, var count) -> {
            references.forget(id, count);
            yield Operation.Done.DONE;
          }
          case Operation.Rebind(var id) -> entered(names.rebind(caller, id));
          case Operation.Getattr(var id) -> AttrOps.stat(references.require(id));
          case Operation.Setattr(var id, var handle, var change) ->
              attributes.setattr(
                  caller, references.require(id), handle == 0 ? null : handle(handle), change);
          case Operation.Access(var id, var mask) ->
              attributes.access(caller, references.require(id), mask);
          case Operation.Mknod(var dir, var name, var mode, var rdev) ->
              entered(names.mknod(caller, references.require(dir), name, mode, rdev));
          case Operation.Mkdir(var dir, var name, var mode) ->
              entered(names.mkdir(caller, references.require(dir), name, mode));
          case Operation.Symlink(var dir, var name, var target) ->
              entered(names.symlink(caller, references.require(dir), name, target));
          case Operation.Readlink(var id) -> attributes.readlink(references.require(id));
          case Operation.Link(var id, var dir, var name) ->
              names.link(caller, references.require(id), references.require(dir), name);
          case Operation.Unlink(var dir, var name) ->
              names.remove(caller, references.require(dir), name, false);
          case Operation.Rmdir(var dir, var name) ->
              names.remove(caller, references.require(dir), name, true);
          case Operation.Rename(var dir, var name, var newDir, var newName, var flags) ->
              rename.rename(
                  caller,
                  references.require(dir),
                  name,
                  references.require(newDir),
                  newName,
                  flags);
          case Operation.Getxattr(var id, var name) ->
              xattrs.get(caller, references.require(id), name);
          case Operation.Setxattr(var id, var name, var value, var flags) ->
              xattrs.set(caller, references.require(id), name, value, flags);
          case Operation.Listxattr(var id) -> xattrs.list(caller, references.require(id));
          case Operation.Removexattr(var id, var name) ->
              xattrs.remove(caller, references.require(id), name);
          case Operation.Statfs(var id) -> attributes.statfs(references.require(id));
          case Operation.Create(var dir, var name, var flags, var mode) ->
              opened(opens.create(caller, references.require(dir), name, flags, mode), true);
          case Operation.Tmpfile(var dir, var flags, var mode) ->
              opened(opens.tmpfile(caller, references.require(dir), flags, mode), true);
          case Operation.Open(var id, var flags) ->
              opened(opens.open(caller, references.require(id), flags), false);
          case Operation.Take(var token) -> opened(taken(caller, token), false);
        };
  }

  private Object onHandle(Caller caller, Operation.OnHandle<?> operation) throws ErrnoException {
    Handle handle = handle(operation.handle());
    return switch (operation) {
      case Operation.Read(_, var offset, var destination) ->
          data.read(caller, handle, offset, destination);
      case Operation.Write(_, var offset, var source) -> data.write(caller, handle, offset, source);
      case Operation.Append(_, var source) -> data.append(caller, handle, source);
      case Operation.ReadNext(_, var destination) -> data.readNext(caller, handle, destination);
      case Operation.WriteNext(_, var source) -> data.writeNext(caller, handle, source);
      case Operation.Seek(_, var whence, var offset) -> data.seek(handle, whence, offset);
      case Operation.SetFlags(_, var flags) -> data.setFlags(caller, handle, flags);
      case Operation.Fallocate(_, var mode, var offset, var length) ->
          data.fallocate(caller, handle, mode, offset, length);
      case Operation.CopyRange(_, var offset, var to, var toOffset, var length) ->
          data.copyRange(caller, handle, offset, handle(to), toOffset, length);
      case Operation.Fsync(_, var dataOnly) -> data.fsync(handle, dataOnly);
      case Operation.Readdir(_, var cookie, var bytes, var withStat) ->
          opens.readdir(caller, handle, cookie, bytes, withStat);
      case Operation.Share(_) -> share(caller, handle);
      case Operation.Close(var number) -> closeHandle(number);
    };
  }

  // ---- references and handles of this session ----

  /**
   * Counts a lookup of an inode and answers its attributes. The reference passes to the session.
   */
  private Stat entered(NameOps.Found found) {
    references.addLookup(found.inode());
    return found.stat();
  }

  private OpenOps.Fresh taken(Caller caller, Token token) throws ErrnoException {
    Handle handle = vfs.tokens().take(caller, token);
    try {
      return new OpenOps.Fresh(handle, AttrOps.stat(handle.inode));
    } catch (ErrnoException e) {
      vfs.put(handle);
      throw e;
    }
  }

  private Handle handle(long number) throws ErrnoException {
    Handle handle = handles.get(number);
    if (handle == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return handle;
  }

  /**
   * Gives a handle, whose reference passes to the session, a number; with a lookup too if asked.
   */
  private Operation.Opened opened(OpenOps.Fresh fresh, boolean lookup) {
    Handle handle = fresh.handle();
    references.addHandle(handle.inode.get());
    if (lookup) {
      references.addLookup(handle.inode.get());
    }
    long number = handleNumbers.incrementAndGet();
    handles.put(number, handle);
    return new Operation.Opened(number, fresh.stat(), handle.flags());
  }

  private Operation.Done closeHandle(long number) throws ErrnoException {
    Handle handle = handles.remove(number);
    if (handle == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    references.dropHandle(handle.inode);
    vfs.put(handle);
    return Operation.Done.DONE;
  }

  private Token share(Caller caller, Handle handle) throws ErrnoException {
    if (!handle.tryGet()) {
      throw new ErrnoException(Errno.EBADF);
    }
    try {
      return vfs.tokens().share(this, caller, handle);
    } catch (ErrnoException e) {
      vfs.put(handle);
      throw e;
    }
  }
}
