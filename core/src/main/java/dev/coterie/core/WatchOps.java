package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.core.watch.WatchQueue;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Watch queues of one session (as Linux's fs/notify/inotify/inotify_user.c). */
final class WatchOps {
  /** An open queue as the session names it: what is waited through. */
  private record Opening(Session session, long number) {}

  private final Session session;
  private final Vfs vfs;
  private final AtomicInteger queues = new AtomicInteger();

  WatchOps(Session session, Vfs vfs) {
    this.session = session;
    this.vfs = vfs;
  }

  /** EMFILE. */
  InodeOps.Fresh open() throws ErrnoException {
    if (queues.get() >= Limits.WATCH_QUEUES_PER_SESSION) {
      throw new ErrnoException(Errno.EMFILE);
    }
    Inode root = vfs.root();
    var stat = vfs.ops(root).stat(root);
    return new InodeOps.Fresh(new WatchHandle(root.get(), new WatchQueue(vfs.watches())), stat);
  }

  /** The session has a handle. */
  void opened(Handle handle) {
    if (handle instanceof WatchHandle) {
      queues.incrementAndGet();
    }
  }

  /** The session has closed a handle. */
  void closed(long number, WatchHandle handle) {
    queues.decrementAndGet();
    handle.queue.closed(new Opening(session, number));
  }

  private static WatchQueue queue(Handle handle) throws ErrnoException {
    if (handle instanceof WatchHandle watch) {
      return watch.queue;
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  // ---- watches ----

  int add(Caller caller, Handle handle, Inode inode, int mask) throws ErrnoException {
    WatchQueue queue = queue(handle);
    int both = Change.MASK_ADD | Change.MASK_CREATE;
    if ((mask & Change.ALL_KINDS) == 0
        || (mask & ~Change.WATCHABLE) != 0
        || (mask & both) == both) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if ((mask & Change.ONLYDIR) != 0) {
      inode.requireDirectory();
    }
    inode.hold();
    try {
      return switch (inode) {
        case InsideInode inside -> addInside(caller, queue, inside, mask);
        case OutsideInode outside -> addOutside(caller, queue, outside, mask);
      };
    } finally {
      vfs.put(inode);
    }
  }

  private static int addInside(Caller caller, WatchQueue queue, InsideInode inode, int mask)
      throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      Access.require(inode.node, caller, Access.READ);
      return queue.add(inode.id(), caller, mask);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private int addOutside(Caller caller, WatchQueue queue, OutsideInode inode, int mask)
      throws ErrnoException {
    if ((mask & Change.RECURSIVE) != 0) {
      throw new ErrnoException(Errno.EOPNOTSUPP);
    }
    vfs.ops(inode).access(caller, inode, Access.READ);
    return queue.addFed(
        inode.id(),
        caller,
        mask,
        watch -> inode.mount().watch(inode.node, mask, watch.sink(vfs.watches())));
  }

  // ---- taking ----

  /** EAGAIN there is nothing. */
  List<Change> next(Handle handle, int bytes) throws ErrnoException {
    WatchQueue queue = queue(handle);
    queue.drain();
    List<Change> taken = queue.take(bytes);
    if (taken.isEmpty()) {
      throw new ErrnoException(Errno.EAGAIN);
    }
    return taken;
  }

  /** Null: it waits. */
  @Nullable List<Change> nextOrWait(long number, Handle handle, int bytes, Request<?> request)
      throws ErrnoException {
    WatchQueue queue = queue(handle);
    queue.drain();
    Opening through = new Opening(session, number);
    WatchQueue.Wait wait = new WatchQueue.Wait(through, bytes, listener(request));
    request.waitsAt(() -> queue.withdraw(wait));
    List<Change> taken = queue.takeOrWait(wait);
    if (taken.isEmpty() && !session.hasOpen(number, handle)) {
      queue.closed(through); // which tells the request
    }
    return taken.isEmpty() ? null : taken;
  }

  private static WatchQueue.Listener listener(Request<?> request) {
    return new WatchQueue.Listener() {
      @Override
      public void changed(List<Change> changes) {
        request.finished(changes);
      }

      @Override
      public void ended(Errno errno) {
        request.ended(errno);
      }
    };
  }

  // ---- what is done with such a handle ----

  Object on(Caller caller, Operation.OnHandle<?> operation, Handle handle, References references)
      throws ErrnoException {
    return switch (operation) {
      case Operation.AddWatch(_, var id, var mask) ->
          add(caller, handle, references.require(id), mask);
      case Operation.RemoveWatch(_, var number) -> {
        queue(handle).remove(number);
        yield Done.DONE;
      }
      case Operation.NextChanges(_, var bytes, _) -> next(handle, bytes);
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }
}
