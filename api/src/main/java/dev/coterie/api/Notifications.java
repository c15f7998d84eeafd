package dev.coterie.api;

import dev.coterie.api.Operation.Control;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A queue that is told each time something becomes ready: what O_ASYNC, F_SETOWN and F_SETSIG
 * promise of signals. Watched are open handles: ends of FIFOs, event counters, watch queues, locks
 * ({@link FileService#evlock}), event sets.
 *
 * <pre>{@code
 * try (Notifications told = Notifications.open(service, caller)) {
 *   told.on(fifo, EventMask.EPOLLIN, 7);           // 7 comes back in each report
 *   while (...) {
 *     for (Event event : told.take()) {            // waits
 *       ... event.data() == 7, event.mask() == EPOLLIN, event.changes() times
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p><b>Once for each time, for ever.</b> Every change that makes a handle ready, or finds it so
 * (each write into a FIFO, each number added to a counter), is one notification, whether or not it
 * is still ready when the report is taken, and whether or not anybody reads. What it is already
 * when it is switched on is none: look at the handle after that, as with O_ASYNC.
 *
 * <p><b>None is lost.</b> The queue has one place for each handle. What comes while a report is
 * waiting to be taken joins it: {@link Event#changes} says how many notifications the report stands
 * for, {@link Event#mask} what they all were of. The sum is exact, up to 2^31 - 1 in one report.
 * Only what begins and ends within one moment, a hang-up that a new writer takes back, can go
 * untold.
 *
 * <p><b>Who is told</b> is whoever takes from the queue, of several each report one. It is the
 * process that made it, or one that it is handed over to ({@link #share}); or a process takes over
 * the handle ({@link FileService#share}) and switches on a queue of its own. Any number of queues
 * can be told of one handle.
 *
 * <p><b>Until when.</b> A registration belongs to the queue and the open file description, not to
 * the process or the number by which it was switched on. So it goes on while any session has the
 * handle, and ends with {@link #off}, with the handle's last close, or with the queue's. What
 * happens after one of these has returned is never reported.
 *
 * <p>One parked request waits for all handles; it is an event set's, whose members have {@link
 * EventMask#NOTIFY}. May be used by several threads. Errors: those of {@link FileService#evctl} and
 * {@link FileService#evwait}; EBADF after {@link #close}.
 */
public final class Notifications implements AutoCloseable {
  private final FileService service;
  private final Caller caller;
  private final long set;
  private boolean closed; // guarded by this

  private Notifications(FileService service, Caller caller, long set) {
    this.service = service;
    this.caller = caller;
    this.set = set;
  }

  public static Notifications open(FileService service, Caller caller) throws ErrnoException {
    return new Notifications(service, caller, service.evset(caller).handle());
  }

  /** Takes one that another process shares: {@link #share}. */
  public static Notifications take(FileService service, Caller caller, Token token)
      throws ErrnoException {
    return new Notifications(service, caller, service.take(caller, token).handle());
  }

  /** The event set that it is, which can be a member of another. */
  public long handle() {
    return set;
  }

  /**
   * Switches on, or changes what was switched on; what has not been taken yet then comes with the
   * new value.
   *
   * @param mask of {@link EventMask}: EPOLLIN, EPOLLOUT; EPOLLERR and EPOLLHUP are always in it
   * @param value comes back as {@link Event#data}
   */
  public void on(long handle, int mask, long value) throws ErrnoException {
    try {
      service.evctl(caller, set, Control.ADD, handle, mask | EventMask.NOTIFY, value);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      service.evctl(caller, set, Control.MOD, handle, mask | EventMask.NOTIFY, value);
    }
  }

  /** Switches off; nothing if it is off. What has not been taken yet is dropped. */
  public void off(long handle) throws ErrnoException {
    try {
      service.evctl(caller, set, Control.DEL, handle, 0, 0);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** What there is; empty: nothing. */
  public List<Event> poll() throws ErrnoException {
    return service.evwait(caller, set, Limits.EVENTS_PER_WAIT, 0);
  }

  /**
   * Waits until there is one. EINTR interrupted: the thread still is, and nothing has been taken.
   */
  public List<Event> take() throws ErrnoException {
    return service.evwait(caller, set, Limits.EVENTS_PER_WAIT, -1);
  }

  /** As {@link #take()}, given up also when all that is pending is cancelled: EINTR. */
  public List<Event> take(Pending pending) throws ErrnoException {
    return service.call(caller, new Operation.Evwait(set, Limits.EVENTS_PER_WAIT, -1), pending);
  }

  /** As {@link #take()}, but empty when there is nothing by then. */
  public List<Event> take(long time, TimeUnit unit) throws ErrnoException {
    long ms = Math.clamp(unit.toMillis(time), 0, Integer.MAX_VALUE);
    long atLeast = time > 0 && ms == 0 ? 1 : ms;
    return service.evwait(caller, set, Limits.EVENTS_PER_WAIT, (int) atLeast);
  }

  /** Makes a token for another process, which then takes reports too. */
  public Token share() throws ErrnoException {
    return service.share(caller, set);
  }

  /**
   * Gives it back; what waits at it ends with EBADF. It ends with the last who has it. Not
   * disturbed by an interrupt, which stays set.
   */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    service.callUndisturbed(caller, new Operation.Close(set));
  }
}
