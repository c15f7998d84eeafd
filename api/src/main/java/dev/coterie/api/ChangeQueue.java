package dev.coterie.api;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A watch queue as a process holds it. May be used by several threads: each change goes to one of
 * them. Errors: those of the operations of {@link FileService} that it stands for; EBADF after
 * {@link #close}.
 */
public final class ChangeQueue implements AutoCloseable {
  /** Bytes of changes that are asked for at a time. */
  private static final int BYTES = 64 << 10;

  private final FileService service;
  private final Caller caller;
  private final long handle;
  private boolean closed; // guarded by this

  private ChangeQueue(FileService service, Caller caller, long handle) {
    this.service = service;
    this.caller = caller;
    this.handle = handle;
  }

  public static ChangeQueue open(FileService service, Caller caller) throws ErrnoException {
    return new ChangeQueue(service, caller, service.openWatch(caller).handle());
  }

  /** Takes one that another process shares: {@link #share}. */
  public static ChangeQueue take(FileService service, Caller caller, Token token)
      throws ErrnoException {
    return new ChangeQueue(service, caller, service.take(caller, token).handle());
  }

  /** The handle, for operations of the service that have no method here. */
  public long handle() {
    return handle;
  }

  /** Watches an inode; answers the number of the watch. */
  public int add(InodeId id, int mask) throws ErrnoException {
    return service.addWatch(caller, handle, id, mask);
  }

  public void remove(int watch) throws ErrnoException {
    service.removeWatch(caller, handle, watch);
  }

  /** What has changed; empty: nothing. */
  public List<Change> poll() throws ErrnoException {
    try {
      return service.nextChanges(caller, handle, BYTES, false);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN) {
        return List.of();
      }
      throw e;
    }
  }

  /** What has changed, one change at least. EINTR interrupted, and the thread still is. */
  public List<Change> take() throws ErrnoException {
    return service.nextChanges(caller, handle, BYTES, true);
  }

  /** As {@link #take()}, given up also when all that is pending is cancelled: EINTR. */
  public List<Change> take(Pending pending) throws ErrnoException {
    return service.call(caller, new Operation.NextChanges(handle, BYTES, true), pending);
  }

  /** As {@link #take()}, but empty when nothing has changed by then. */
  public List<Change> take(long time, TimeUnit unit) throws ErrnoException {
    List<Change> now = poll();
    if (!now.isEmpty() || time <= 0) {
      return now;
    }
    Answer answer = new Answer();
    Ticket ticket = service.submit(caller, new Operation.NextChanges(handle, BYTES, true), answer);
    boolean interrupted = answer.await(unit.toNanos(time));
    boolean given = answer.isThere();
    if (!given) {
      ticket.cancel(); // whoever wins, the answer comes soon
      interrupted |= answer.awaitEnd();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return answer.get(interrupted);
  }

  /** What ends a wait with a time limit. */
  private static final class Answer implements Completion<List<Change>> {
    private @Nullable List<Change> changes; // guarded by this
    private @Nullable Errno errno; // guarded by this

    @Override
    public synchronized void done(List<Change> result) {
      changes = result;
      notifyAll();
    }

    @Override
    public synchronized void failed(Errno error) {
      errno = error;
      notifyAll();
    }

    synchronized boolean isThere() {
      return changes != null || errno != null;
    }

    /** Waits so long; whether it was interrupted instead. */
    synchronized boolean await(long nanos) {
      long end = System.nanoTime() + nanos;
      try {
        for (long left = nanos; left > 0 && !isThere(); left = end - System.nanoTime()) {
          TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return false;
      } catch (InterruptedException e) {
        return true;
      }
    }

    /** Waits for what certainly comes; whether it was interrupted meanwhile. */
    synchronized boolean awaitEnd() {
      boolean interrupted = false;
      while (!isThere()) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return interrupted;
    }

    synchronized List<Change> get(boolean interrupted) throws ErrnoException {
      if (changes != null) {
        return changes;
      }
      if (errno != Errno.EINTR || interrupted) {
        throw new ErrnoException(errno == null ? Errno.EINTR : errno, "nextchanges");
      }
      return List.of();
    }
  }

  /** Makes a token for another process, which then shares this queue. */
  public Token share() throws ErrnoException {
    return service.share(caller, handle);
  }

  /** Gives it back; what waits at it ends with EBADF. It ends with the last who has it. */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    boolean interrupted = Thread.interrupted();
    try {
      service.close(caller, handle);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
