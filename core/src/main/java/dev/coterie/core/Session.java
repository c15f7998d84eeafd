package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Pending;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Token;
import dev.coterie.core.lease.LeaseConflict;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One client's identity at the leader: its references, handles and what it has waiting.
 *
 * <p>Its end: fenced, so that nothing more starts (ESTALE); what waits is cancelled; and when the
 * last operation at work has left, all it held is given back. Whoever leaves last does that, so
 * nobody waits.
 */
public final class Session implements FileService {
  private static final int FENCED = Integer.MIN_VALUE;
  private static final int SYMLINK_MODE = Mode.S_IFLNK | 0777;
  private static final byte[] NO_TARGET = new byte[0];

  private final Vfs vfs;
  private final References references;
  private final ConcurrentHashMap<Long, Handle> handles = new ConcurrentHashMap<>();
  private final AtomicLong handleNumbers = new AtomicLong();
  private final Set<Request<?>> parked = ConcurrentHashMap.newKeySet();
  private final AtomicInteger atWork =
      new AtomicInteger(); // FENCED + operations at work, once fenced
  private final Walk walk;
  private final LockOps locks;
  private final WatchOps watches;
  private final EventOps events;
  private final LeaseOps leases;
  private final Waits waits;
  private final OnHandles onHandles;
  private volatile Runnable expiry = () -> {};

  Session(Vfs vfs) {
    this.vfs = vfs;
    this.references = new References(vfs.inodes());
    this.walk = new Walk(vfs);
    this.locks = new LockOps(this, vfs.locks());
    this.watches = new WatchOps(this, vfs);
    this.events = new EventOps(this, vfs);
    this.leases = new LeaseOps(this, vfs, locks);
    this.waits = new Waits(this, vfs, references, locks, watches, events);
    this.onHandles = new OnHandles(this, vfs, references, locks, watches, events);
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    leases.heard();
    if (isStraight(operation)) {
      Request<R> waits = run(caller, operation, completion, null);
      return waits == null ? Ticket.DONE : waits.settled();
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

  /**
   * Where nothing stands in the way the thread that asks does it, and needs nobody to wait with.
   */
  @Override
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    leases.heard();
    if (isStraight(operation)) {
      try {
        return runHere(caller, operation);
      } catch (LeaseConflict e) {
        // It waits like any other.
      }
    }
    return FileService.super.call(caller, operation);
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    leases.heard();
    if (isStraight(operation)) {
      try {
        return runHere(caller, operation);
      } catch (LeaseConflict e) {
        // It waits like any other.
      }
    }
    return FileService.super.call(caller, operation, pending);
  }

  /** Whether the thread that asks can do it, and nothing can make it wait. */
  private boolean isStraight(Operation<?> operation) {
    return barrier().equals(Barrier.OPEN) && !waits.canWait(operation);
  }

  private <R> R runHere(Caller caller, Operation<R> operation) throws ErrnoException {
    if (!enter()) {
      throw new ErrnoException(Errno.ESTALE, operation.label());
    }
    try {
      requireRoom(operation);
      return execute(caller, operation);
    } catch (LeaseConflict e) {
      throw e;
    } catch (ErrnoException e) {
      throw new ErrnoException(e.errno(), operation.label());
    } finally {
      leave();
    }
  }

  private void requireRoom(Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Opening && handles.size() >= Limits.HANDLES_PER_SESSION) {
      throw new ErrnoException(Errno.EMFILE);
    }
  }

  /** Whether the operation can take so long that a thread which serves others should not do it. */
  public boolean mayTakeLong(Operation<?> operation) {
    return LongOperations.mayTakeLong(operation, this, references, vfs);
  }

  /** Whether the session has an exclusive lease on it. */
  public boolean hasAlone(InodeId id) {
    return leases.hasAlone(id);
  }

  Barrier barrier() {
    return vfs.barrier();
  }

  void unpark(Request<?> request) {
    parked.remove(request);
  }

  /**
   * Does an operation now, on this thread, and answers it when all locks are free again.
   *
   * @param request what an operation that can wait does it with
   * @return null: it is over; else what waits, and whoever removes what it waits for answers it
   */
  <R> @Nullable Request<R> run(
      Caller caller,
      Operation<R> operation,
      Completion<? super R> completion,
      @Nullable Request<R> request) {
    if (!enter()) {
      completion.failed(Errno.ESTALE);
      return null;
    }
    @Nullable R result;
    try {
      requireRoom(operation);
      result =
          request != null && waits.canWait(operation)
              ? waits.doOrWait(caller, operation, request)
              : execute(caller, operation);
    } catch (LeaseConflict e) {
      leave();
      return awaitLeases(caller, operation, completion, request, e);
    } catch (ErrnoException e) {
      leave();
      completion.failed(e.errno());
      return null;
    } catch (RuntimeException | Error e) {
      // A fault of our own: whoever runs us is told by the exception, whoever waits must not wait
      // on.
      leave();
      completion.failed(Errno.EIO);
      throw e;
    }
    leave();
    if (result != null) {
      completion.done(result);
      return null;
    }
    return request;
  }

  /** Others have leases on what it changes. It begins again when they are given back. */
  private <R> @Nullable Request<R> awaitLeases(
      Caller caller,
      Operation<R> operation,
      Completion<? super R> completion,
      @Nullable Request<R> request,
      LeaseConflict conflict) {
    Request<R> waits = request;
    if (waits == null) {
      waits = Request.atWork(this, caller, operation, completion);
      parked.add(waits);
      if (isFenced()) {
        parked.remove(waits);
        completion.failed(Errno.ESTALE);
        return null;
      }
    }
    waits.awaitLeases(conflict.tables(), leases);
    return waits;
  }

  LeaseOps leases() {
    return leases;
  }

  /** Tries again what waited for a source; whether it is over. */
  <R> boolean run(Step<R> step, Completion<? super R> completion, Request<R> request) {
    if (!enter()) {
      step.drop();
      step.handle.source.passOn();
      completion.failed(Errno.ESTALE);
      return true;
    }
    @Nullable R result = null;
    @Nullable Errno failure = null;
    try {
      result = waits.tryAgain(step, request);
    } catch (ErrnoException e) {
      failure = e.errno();
    } catch (RuntimeException | Error e) {
      leave();
      completion.failed(Errno.EIO);
      throw e;
    }
    leave();
    if (failure != null) {
      completion.failed(failure);
    } else if (result != null) {
      completion.done(result);
    }
    return failure != null || result != null;
  }

  Alarm alarm() {
    return vfs.alarm();
  }

  @Nullable Handle handle(long number) {
    return handles.get(number);
  }

  boolean hasOpen(long number, Handle handle) {
    return handle.equals(handles.get(number));
  }

  private boolean enter() {
    for (int count = atWork.get(); count >= 0; count = atWork.get()) {
      if (atWork.compareAndSet(count, count + 1)) {
        vfs.leases().acts(leases);
        return true;
      }
    }
    return false;
  }

  private void leave() {
    assert Held.none() : "operation left with locks held";
    vfs.leases().rests();
    if (atWork.decrementAndGet() == FENCED) {
      giveBack();
    }
    vfs.reap();
  }

  private boolean isFenced() {
    return atWork.get() < 0;
  }

  /** Something came from the other end, whatever it was, and is going to be answered. */
  public void heard() {
    leases.heard();
  }

  /** The other end may not have got the recalls that it has taken: it is told again. */
  public void recallAgain() {
    leases.recallAgain();
  }

  /** What to do when a lease was not given back in time: nothing may be answered any more. */
  public void onExpire(Runnable action) {
    expiry = action;
  }

  /** As {@link #close}, of a session whose other end may go on and use its leases for a while. */
  public void endHere() {
    leases.endsHere(0);
    close();
  }

  /** A lease that was recalled at that moment was not given back in time. */
  void expire(long mark) {
    if (isFenced()) {
      return;
    }
    leases.endsHere(mark);
    expiry.run();
    close();
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
    handles.forEach((number, handle) -> {
      letGo(number, handle);
      vfs.put(handle);
    });
    handles.clear();
    references.clear();
    leases.end();
    vfs.ended(this);
  }

  // ---- operations: arguments are looked at here, then the inode's kind of mount is asked ----

  @SuppressWarnings("unchecked") // each case answers what its operation's type says
  <R> R execute(Caller caller, Operation<R> operation) throws ErrnoException {
    return (R)
        switch (operation) {
          case Operation.OnHandle<?> o -> onHandle(caller, o);
          case Operation.OnInode<?> o -> onInode(caller, o, references.require(o.id()));
          case Operation.Opening o -> opening(caller, o);
          case Operation.Root _ -> entered(walk.root());
          case Operation.ReturnLeases(var returned) -> leases.giveBack(returned);
          case Operation.ReturnLocks(var lease, var all) -> leases.giveBack(lease, all);
          case Operation.OnKey<?> o -> leases.keys().on(caller, o);
          case Operation.NextRecalls(var max, _) -> leases.next(max);
          case Operation.Lookup(var dir, var name) ->
              entered(walk.find(caller, references.require(dir), name));
          case Operation.Forget(var id, var count) -> {
            references.forget(id, count);
            yield Done.DONE;
          }
          case Operation.Rebind(var id) -> entered(walk.rebind(caller, id));
          case Operation.Mknod(var dir, var name, var mode, var rdev) -> {
            int known = Arguments.nodeMode(mode);
            yield make(caller, dir, name, known, Arguments.isDevice(known) ? rdev : 0, NO_TARGET);
          }
          case Operation.Mkdir(var dir, var name, var mode) ->
              make(caller, dir, name, Arguments.directoryMode(mode), 0, NO_TARGET);
          case Operation.Symlink(var dir, var name, var target) ->
              make(caller, dir, name, SYMLINK_MODE, 0, Arguments.linkTarget(target));
          case Operation.Link(var id, var dir, var name) -> {
            Inode inode = references.require(id);
            Inode parent = directory(dir);
            yield vfs.ops(parent).link(caller, inode, parent, name);
          }
          case Operation.Unlink(var dir, var name) -> remove(caller, directory(dir), name, false);
          case Operation.Rmdir(var dir, var name) -> remove(caller, directory(dir), name, true);
          case Operation.Rename o -> rename(caller, o);
        };
  }

  private Inode directory(InodeId id) throws ErrnoException {
    Inode dir = references.require(id);
    dir.requireDirectory();
    return dir;
  }

  private Stat make(Caller caller, InodeId id, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    Inode dir = directory(id);
    return entered(vfs.ops(dir).make(caller, dir, name, mode, rdev, target));
  }

  private Done remove(Caller caller, Inode dir, Name name, boolean directory)
      throws ErrnoException {
    vfs.ops(dir).remove(caller, dir, name, directory);
    return Done.DONE;
  }

  private Done rename(Caller caller, Operation.Rename rename) throws ErrnoException {
    Arguments.requireRenameFlags(rename.flags());
    Inode dir = directory(rename.dir());
    Inode newDir = directory(rename.newDir());
    if (dir.mountPoint != newDir.mountPoint) {
      // Both paths are walked to their ends before Linux compares their mounts (do_renameat2).
      vfs.ops(dir).requireSearch(caller, dir);
      vfs.ops(newDir).requireSearch(caller, newDir);
      throw new ErrnoException(Errno.EXDEV);
    }
    vfs.ops(dir).rename(caller, dir, rename.name(), newDir, rename.newName(), rename.flags());
    return Done.DONE;
  }

  private Object onInode(Caller caller, Operation.OnInode<?> operation, Inode inode)
      throws ErrnoException {
    InodeOps ops = vfs.ops(inode);
    return switch (operation) {
      case Operation.Getattr _ -> ops.stat(inode);
      case Operation.Lease(_, var mode) -> leases.lease(inode, mode);
      case Operation.LeaseNames _ -> leases.leaseNames(inode);
      case Operation.Setattr(_, var handle, var change) ->
          handle == 0
              ? setattr(caller, inode, null, change)
              : through(handle, opened -> setattr(caller, inode, opened, change));
      case Operation.Access(_, var mask) -> {
        Arguments.requireAccessMask(mask);
        ops.access(caller, inode, mask);
        yield Done.DONE;
      }
      case Operation.Readlink _ -> ops.readlink(caller, inode);
      case Operation.Getxattr(_, var name) -> {
        Arguments.requireXattrName(name);
        byte[] own = inode == vfs.root() ? vfs.ownAttribute(caller, name) : null;
        yield own != null ? own : ops.getxattr(caller, inode, name);
      }
      case Operation.Setxattr(_, var name, var value, var flags) -> {
        Arguments.requireXattr(name, value, flags);
        ops.setxattr(caller, inode, name, value.clone(), flags);
        yield Done.DONE;
      }
      case Operation.Listxattr _ -> ops.listxattr(caller, inode);
      case Operation.Removexattr(_, var name) -> {
        Arguments.requireXattrName(name);
        ops.removexattr(caller, inode, name);
        yield Done.DONE;
      }
      case Operation.Statfs _ -> ops.statfs(inode);
    };
  }

  private Stat setattr(Caller caller, Inode inode, @Nullable Handle handle, SetAttr change)
      throws ErrnoException {
    Arguments.requireForSize(inode, handle, change);
    return vfs.ops(inode).setattr(caller, inode, handle, change);
  }

  private Operation.Opened opening(Caller caller, Operation.Opening operation)
      throws ErrnoException {
    InodeOps.Fresh fresh = fresh(caller, operation);
    boolean made = operation instanceof Operation.Create || operation instanceof Operation.Tmpfile;
    return leases.with(opened(fresh, made), fresh.handle().inode, operation);
  }

  InodeOps.Fresh fresh(Caller caller, Operation.Opening operation) throws ErrnoException {
    InodeOps.Fresh fresh = made(caller, operation);
    if (fresh.handle() instanceof EventHandle opened) {
      opened.announce();
    }
    return fresh;
  }

  private InodeOps.Fresh made(Caller caller, Operation.Opening operation) throws ErrnoException {
    return switch (operation) {
      case Operation.Create(var id, var name, var flags, var mode) -> {
        Inode dir = directory(id);
        Arguments.requireForCreate(flags);
        yield vfs.ops(dir).create(caller, dir, name, flags, mode);
      }
      case Operation.Tmpfile(var id, var flags, var mode) -> {
        Inode dir = directory(id);
        Arguments.requireForTmpfile(flags);
        yield vfs.ops(dir).tmpfile(caller, dir, flags, mode);
      }
      case Operation.Open(var id, var flags) -> {
        Inode inode = references.require(id);
        yield vfs.ops(inode).open(caller, inode, flags);
      }
      case Operation.Evset _ -> events.set();
      case Operation.Eventfd(var initial, var flags) -> events.counter(initial, flags);
      case Operation.Evlock(var number, var lock) ->
          events.lock(through(number, handle -> locks.source(vfs, handle, lock)));
      case Operation.Take(var token) -> taken(caller, token);
      case Operation.OpenWatch _ -> watches.open();
    };
  }

  private Object onHandle(Caller caller, Operation.OnHandle<?> operation) throws ErrnoException {
    return operation instanceof Operation.Close(var number)
        ? closeHandle(number)
        : through(operation.handle(), handle -> onHandles.on(caller, operation, handle));
  }

  // ---- references and handles of this session ----

  /**
   * Counts a lookup of an inode and answers its attributes. The reference passes to the session.
   */
  private Stat entered(InodeOps.Found found) {
    references.addLookup(found.inode());
    return found.stat();
  }

  private InodeOps.Fresh taken(Caller caller, Token token) throws ErrnoException {
    Handle offered = vfs.tokens().find(caller, token);
    try {
      // The attributes first: whoever has to wait for them begins again, and has taken nothing.
      Stat stat = vfs.ops(offered.inode).stat(offered.inode);
      return new InodeOps.Fresh(vfs.tokens().take(caller, token), stat);
    } finally {
      vfs.put(offered);
    }
  }

  /** Something that is done through a handle. */
  interface Use<R extends @Nullable Object> {
    R with(Handle handle) throws ErrnoException;
  }

  /**
   * Does something through a handle of this session, which stays open until that is done, even if
   * another thread of the session closes it. EBADF.
   */
  <R extends @Nullable Object> R through(long number, Use<R> use) throws ErrnoException {
    Handle handle = handles.get(number);
    if (handle == null || !handle.tryGet()) {
      throw new ErrnoException(Errno.EBADF);
    }
    try {
      return use.with(handle);
    } finally {
      vfs.put(handle);
    }
  }

  /**
   * Gives a handle, whose reference passes to the session, a number; with a lookup too if asked.
   */
  Operation.Opened opened(InodeOps.Fresh fresh, boolean lookup) {
    Handle handle = fresh.handle();
    references.addHandle(handle.inode.get());
    if (lookup) {
      references.addLookup(handle.inode.get());
    }
    watches.opened(handle);
    long number = handleNumbers.incrementAndGet();
    handles.put(number, handle);
    return new Operation.Opened(number, fresh.stat(), handle.flags());
  }

  private Done closeHandle(long number) throws ErrnoException {
    Handle handle = handles.remove(number);
    if (handle == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    letGo(number, handle);
    if (handle instanceof EventHandle) {
      EventOps.closed(number, parked);
    }
    references.dropHandle(handle.inode);
    vfs.put(handle);
    return Done.DONE;
  }

  private void letGo(long number, Handle handle) {
    if (handle instanceof WatchHandle watch) {
      watches.closed(number, watch);
    } else {
      locks.closed(number, handle);
    }
  }

  Token share(Caller caller, Handle handle) throws ErrnoException {
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
