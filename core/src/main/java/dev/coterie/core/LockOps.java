package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.api.lock.HeldLock;
import dev.coterie.api.lock.LockOwner;
import dev.coterie.api.lock.LockProcess;
import dev.coterie.api.lock.LockQuestion;
import dev.coterie.api.lock.LockRange;
import dev.coterie.api.lock.LockTable;
import dev.coterie.api.lock.LockTable.Family;
import dev.coterie.api.lock.LockWait;
import dev.coterie.api.lock.Locks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Locks of one session: whose they are, and when they end. A POSIX lock is a process's and ends
 * when that closes any handle of the file; the others are a handle's and end with its last
 * reference, whoever had it.
 */
final class LockOps {
  /** An open handle as the session names it: what a lock was asked through. */
  private record Opening(Session session, long number) {}

  private static final LockWait.Listener NOBODY =
      new LockWait.Listener() {
        @Override
        public void granted() {
          throw new AssertionError("granted without having waited");
        }

        @Override
        public void ended(Errno errno) {
          throw new AssertionError("ended without having waited");
        }
      };

  private final Session session;
  private final Locks tree;

  LockOps(Session session, Locks tree) {
    this.session = session;
    this.tree = tree;
  }

  /** Locks or unlocks now; EAGAIN when another's lock stands in the way. */
  void lock(Caller caller, long number, Handle handle, RangeLock lock) throws ErrnoException {
    Arguments.requireLock(handle, lock);
    LockOwner owner = owner(handle, lock);
    if (lock.type() == RangeLock.Type.UNLOCK) {
      LockTable locks = handle.inode.lockTable();
      if (locks != null && !locks.unlock(family(lock), owner, start(lock), end(lock))) {
        throw handle.inode.lent();
      }
      return;
    }
    LockWait wait = wanted(caller, number, owner, lock, NOBODY);
    require(handle.inode, handle.inode.lockTable(tree).attempt(family(lock), wait));
    requireOpen(number, handle);
  }

  /**
   * Locks now or queues.
   *
   * @param listener told later, if the answer is false
   */
  boolean lockOrWait(Caller caller, long number, Handle handle, RangeLock lock, Request<?> request)
      throws ErrnoException {
    Arguments.requireLock(handle, lock);
    LockTable table = handle.inode.lockTable(tree);
    LockWait wait = wanted(caller, number, owner(handle, lock), lock, request);
    request.waitsAt(() -> table.withdraw(family(lock), wait));
    boolean granted = require(handle.inode, table.request(family(lock), wait));
    if (granted) {
      requireOpen(number, handle);
    } else if (!session.hasOpen(number, handle)) {
      closed(number, handle); // which tells the request
    }
    return granted;
  }

  private LockWait wanted(
      Caller caller, long number, LockOwner owner, RangeLock lock, LockWait.Listener listener) {
    boolean exclusive = lock.type() == RangeLock.Type.WRITE;
    return new LockWait(
        owner,
        new Opening(session, number),
        new LockProcess(session, caller.pid()),
        new LockRange(start(lock), end(lock), exclusive, caller.pid()),
        listener);
  }

  /** Whether it is granted; false: it waits. */
  private static boolean require(Inode inode, LockTable.Outcome outcome) throws ErrnoException {
    return switch (outcome) {
      case GRANTED -> true;
      case QUEUED -> false;
      case BUSY -> throw new ErrnoException(Errno.EAGAIN);
      case DEADLOCK -> throw new ErrnoException(Errno.EDEADLK);
      case FULL -> throw new ErrnoException(Errno.ENOLCK);
      case LENT -> throw inode.lent();
    };
  }

  /**
   * Undoes what was locked while another thread closed the handle, which could not yet see it (as
   * Linux's fcntl_setlk looks again).
   */
  private void requireOpen(long number, Handle handle) throws ErrnoException {
    if (!session.hasOpen(number, handle)) {
      closed(number, handle);
      throw new ErrnoException(Errno.EBADF);
    }
  }

  FoundLock find(Handle handle, RangeLock lock) throws ErrnoException {
    Arguments.requireRange(lock);
    LockTable locks = handle.inode.lockTable();
    boolean exclusive = lock.type() == RangeLock.Type.WRITE;
    LockRange wanted = new LockRange(start(lock), end(lock), exclusive, 0);
    HeldLock held = null;
    if (locks != null) {
      synchronized (locks) { // both at one moment
        requireHere(handle.inode, locks);
        held = locks.conflict(family(lock), owner(handle, lock), wanted);
      }
    }
    if (held == null) {
      return new FoundLock(RangeLock.Type.UNLOCK, lock.start(), lock.length(), 0);
    }
    LockRange range = held.range();
    return new FoundLock(
        range.exclusive() ? RangeLock.Type.WRITE : RangeLock.Type.READ,
        range.start(),
        range.end() == LockRange.TO_END ? 0 : range.end() - range.start() + 1,
        held.owner() instanceof LockOwner.OfProcess ? range.pid() : -1);
  }

  /** A lock that can be watched for. EBADF · EINVAL · EOVERFLOW. */
  LockSource source(Vfs vfs, Handle handle, RangeLock lock) throws ErrnoException {
    if (handle instanceof WatchHandle || lock.type() == RangeLock.Type.UNLOCK) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Arguments.requireLock(handle, lock);
    boolean exclusive = lock.type() == RangeLock.Type.WRITE;
    LockQuestion question =
        new LockQuestion(
            family(lock), owner(handle, lock), new LockRange(start(lock), end(lock), exclusive, 0));
    LockTable table = handle.inode.lockTable(tree);
    synchronized (table) { // both at one moment
      requireHere(handle.inode, table);
      return new LockSource(vfs, handle.inode.get(), table, question);
    }
  }

  private static void requireHere(Inode inode, LockTable table) throws ErrnoException {
    if (table.isLent()) {
      throw inode.lent();
    }
  }

  /**
   * The session has decided on the locks of an inode by itself, and does no more. By a handle that
   * it has closed meanwhile it holds nothing.
   */
  void adopt(Inode inode, List<LeasedLock> all, Vfs vfs) {
    Map<Long, Handle> handles = new HashMap<>();
    for (LeasedLock one : all) {
      Handle handle = session.handle(one.handle());
      if (!handles.containsKey(one.handle())
          && handle != null
          && handle.inode.equals(inode)
          && handle.tryGet()) { // until all is done: with the last reference its locks end
        handles.put(one.handle(), handle);
      }
    }
    List<LockTable.Holding> holdings = new ArrayList<>(all.size());
    for (LeasedLock one : all) {
      Handle handle = handles.get(one.handle());
      RangeLock lock = one.lock();
      if (handle != null || lock.kind() == RangeLock.Kind.POSIX) {
        holdings.add(holding(one, handle));
      }
    }
    LockTable table = inode.lockTable(tree);
    table.takeBack(holdings);
    for (LeasedLock one : all) {
      Handle handle = handles.get(one.handle());
      if (handle == null || !session.hasOpen(one.handle(), handle)) {
        closed(one.handle(), table);
      }
    }
    handles.values().forEach(vfs::put);
  }

  private LockTable.Holding holding(LeasedLock one, @Nullable Handle handle) {
    RangeLock lock = one.lock();
    LockOwner owner =
        handle == null || lock.kind() == RangeLock.Kind.POSIX
            ? new LockOwner.OfProcess(session, lock.owner())
            : handle.lockOwner;
    return new LockTable.Holding(
        family(lock),
        owner,
        new Opening(session, one.handle()),
        new LockProcess(session, one.pid()),
        new LockRange(start(lock), end(lock), lock.type() == RangeLock.Type.WRITE, one.pid()));
  }

  /** The session has closed a handle. */
  void closed(long number, Handle handle) {
    LockTable locks = handle.inode.lockTable();
    if (locks != null) {
      closed(number, locks);
    }
  }

  private void closed(long number, LockTable locks) {
    locks.closed(new Opening(session, number), new LockOwner.OfProcess(session, 0));
  }

  private LockOwner owner(Handle handle, RangeLock lock) {
    return lock.kind() == RangeLock.Kind.POSIX
        ? new LockOwner.OfProcess(session, lock.owner())
        : handle.lockOwner;
  }

  private static Family family(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? Family.FLOCK : Family.RECORD;
  }

  private static long start(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? 0 : lock.start();
  }

  private static long end(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? LockRange.TO_END : lock.end();
  }
}
