package dev.coterie.leader;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import dev.coterie.leader.PlainLocks.Wanted;
import dev.coterie.wire.LinuxReply.Rlock;
import dev.coterie.wire.P9;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A lock that is waited for, over all the requests in which its owner asks for it. No thread waits.
 *
 * <pre>
 *            begin              time over: BLOCKED
 *   ───────────────▶ HELD ──────────────────────────▶ KEPT
 *                     │  ◀──────────────────────────  │ │
 *            granted, │            asked again        │ │ not asked again for twice the time
 *            refused, │                               │ ▼
 *            flushed  ▼                               │ given up: unlocked if it was granted
 *                    OVER ◀───────────────────────────┘
 *                           asked again, granted meanwhile
 * </pre>
 */
final class PlainWait implements Completion<Operation.Done> {
  private final PlainLocks locks;
  private final Wanted wanted;
  private @Nullable Call asker; // guarded by this; null: nobody, for the time being
  private Ticket ticket = Ticket.DONE; // guarded by this; of the operation
  private @Nullable Future<?> timer; // guarded by this
  private boolean granted; // guarded by this
  private boolean over; // guarded by this; refused, given up, or granted and told
  private boolean timedOut; // guarded by this; and the place is not kept

  PlainWait(PlainLocks locks, Wanted wanted) {
    this.locks = locks;
    this.wanted = wanted;
  }

  Wanted wanted() {
    return wanted;
  }

  void begin(Call call) {
    synchronized (this) {
      asker = call;
    }
    Operation.Lock operation = new Operation.Lock(wanted.handle(), wanted.lock(), true);
    Ticket submitted = locks.conversation().session().submit(wanted.caller(), operation, this);
    synchronized (this) {
      ticket = submitted;
    }
    hold(call);
  }

  /** The reply is held, if there is none yet. */
  private void hold(Call call) {
    synchronized (this) {
      if (over) {
        return;
      }
      long time = locks.holdMs();
      if (time != Leader.LOCK_HOLD_FOREVER_MS) {
        timer = locks.conversation().connection().leader().later(time, this::held);
      }
    }
    // Not with the monitor held: it may have been flushed by now.
    call.waitsFor(() -> flushed(call));
  }

  /**
   * The owner asks again.
   *
   * @return false: it is over, so that it has to be asked for anew
   */
  boolean resume(Call call) {
    boolean told;
    synchronized (this) {
      stopTimer();
      if (over) {
        return false;
      }
      told = granted;
      over = told;
      asker = told ? null : call;
    }
    if (told) {
      locks.locked(wanted);
      call.reply(new Rlock(P9.LOCK_SUCCESS));
    } else {
      hold(call);
    }
    return true;
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  // ---- how it ends ----

  @Override
  public void done(Operation.Done result) {
    Call told;
    boolean unwanted;
    synchronized (this) {
      granted = true;
      told = asker;
      asker = null;
      unwanted = over;
      if (told != null) {
        over = true;
        stopTimer();
      }
    }
    if (told != null) {
      locks.locked(wanted);
      told.reply(new Rlock(P9.LOCK_SUCCESS));
    } else if (unwanted) {
      unlock();
    }
  }

  @Override
  public void failed(Errno errno) {
    Call told;
    boolean blocked;
    synchronized (this) {
      told = asker;
      asker = null;
      over = true;
      blocked = timedOut;
      stopTimer();
    }
    locks.forget(this);
    if (told == null) {
      return;
    }
    if (blocked && errno == Errno.EINTR) {
      told.reply(new Rlock(P9.LOCK_BLOCKED));
    } else {
      told.fail(errno);
    }
  }

  /** The reply was flushed. */
  private boolean flushed(Call call) {
    Ticket waiting;
    synchronized (this) {
      if (asker != call) {
        return false;
      }
      waiting = ticket;
    }
    return waiting.cancel();
  }

  /**
   * The reply has been held as long as one is. A place is kept only for who has nothing: if it were
   * granted and not asked for, what was held before could not be told from it.
   */
  private void held() {
    Call told = null;
    Ticket waiting = Ticket.DONE;
    synchronized (this) {
      if (asker == null) {
        return;
      }
      if (locks.mayHold(wanted)) {
        timedOut = true;
        waiting = ticket;
      } else {
        told = asker;
        asker = null;
        timer = locks.conversation().connection().leader().later(2 * locks.holdMs(), this::expire);
      }
    }
    if (told == null) {
      waiting.cancel();
    } else {
      locks.keep(this);
      told.reply(new Rlock(P9.LOCK_BLOCKED));
    }
  }

  private void expire() {
    if (locks.forget(this)) {
      drop();
    }
  }

  /** Gives the place up, and the lock if it was granted. */
  void drop() {
    boolean held;
    Ticket waiting;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      held = granted;
      waiting = ticket;
      stopTimer();
    }
    if (held) {
      unlock();
    } else {
      waiting.cancel();
    }
  }

  private void unlock() {
    RangeLock lock = wanted.lock();
    RangeLock none =
        new RangeLock(
            lock.kind(), RangeLock.Type.UNLOCK, lock.start(), lock.length(), lock.owner());
    locks
        .conversation()
        .session()
        .submit(
            wanted.caller(), new Operation.Lock(wanted.handle(), none, false), Fids.Ignored.DONE);
  }
}
