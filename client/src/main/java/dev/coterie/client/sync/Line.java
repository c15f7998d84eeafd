package dev.coterie.client.sync;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * One session at the leader, for keys: how long what it holds may be used, recalls, and giving
 * back. When it is over another takes its place; nothing of it is used in that.
 *
 * <p>Time is added by the reply to any request, from the moment before that was sent. That is
 * enough here: the leader ends the session when a lease is not given back in time, and if it has
 * heard anything since the recall grants it to others only when all time has run out that its
 * answers can have added.
 */
final class Line {
  private static final long LEASE_NS = TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS);
  private static final int RECALLS = 256;

  /** What is given back. */
  record Return(SharedKey key, Operation.ReturnKey operation) {}

  private final FileService below; // immutable
  private final Caller caller; // immutable
  private final LongSupplier nanoTime; // immutable
  private final ConcurrentHashMap<InodeId, SharedKey> keys = new ConcurrentHashMap<>();
  private final List<Return> unsent = new ArrayList<>(0); // guarded by itself
  private volatile boolean over; // atomic
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicInteger calls = new AtomicInteger(); // atomic: that threads wait for
  private volatile long deadline; // written under this
  private boolean parked; // guarded by this: a request for recalls is under way

  Line(FileService below, Caller caller, LongSupplier nanoTime) {
    this.below = below;
    this.caller = caller;
    this.nanoTime = nanoTime;
    this.deadline = nanoTime.getAsLong();
  }

  // ---- time ----

  /** Whether leases may be used at this moment. */
  boolean isUsable() {
    return !over && nanoTime.getAsLong() - deadline < 0;
  }

  boolean isOver() {
    return over;
  }

  private synchronized void answered(long sentAt) {
    long until = sentAt + LEASE_NS;
    if (until - deadline > 0) {
      deadline = until;
    }
  }

  /** Nothing of it counts any more. By any thread, also one that answers. */
  private void end() {
    if (!over) {
      over = true;
      keys.values().forEach(key -> key.lineEnded(this));
      keys.clear();
    }
  }

  /** Ends it at the leader too; waits for that. */
  void close() {
    end();
    if (!closed.getAndSet(true)) {
      below.close();
    }
  }

  // ---- calls ----

  /** Does an operation; EINTR if the thread is interrupted and nothing was done. */
  <R> R call(Operation<R> operation) throws ErrnoException {
    return call(operation, false);
  }

  /** As {@link #call}, whether or not the thread is interrupted. */
  <R> R callAnyway(Operation<R> operation) throws ErrnoException {
    return call(operation, true);
  }

  private <R> R call(Operation<R> operation, boolean anyway) throws ErrnoException {
    park();
    calls.incrementAndGet();
    long sentAt = nanoTime.getAsLong();
    R answer;
    try {
      answer = anyway ? below.callUndisturbed(caller, operation) : below.call(caller, operation);
    } catch (ErrnoException e) {
      failed(e.errno());
      throw e;
    } finally {
      calls.decrementAndGet();
    }
    answered(sentAt);
    return answer;
  }

  /** Asks the leader whether the session is still there. */
  void prove() throws ErrnoException {
    callAnyway(new Operation.ReturnLeases(List.of()));
  }

  private void failed(Errno errno) {
    if (isEnd(errno)) {
      end();
    }
  }

  /** Whether an operation that ends so tells of the end of its session. */
  static boolean isEnd(Errno errno) {
    return errno == Errno.ESTALE || errno == Errno.EIO || errno == Errno.ENOTCONN;
  }

  void add(InodeId id, SharedKey key) {
    keys.put(id, key);
  }

  void remove(InodeId id, SharedKey key) {
    keys.remove(id, key);
  }

  // ---- recalls ----

  private void park() {
    synchronized (this) {
      if (parked || over) {
        return;
      }
      parked = true;
    }
    below.submit(
        caller,
        new Operation.NextRecalls(RECALLS, true),
        new Completion<List<LeaseName>>() {
          @Override
          public void done(List<LeaseName> recalls) {
            unpark();
            recalls.forEach(Line.this::recalled);
            park();
          }

          @Override
          public void failed(Errno errno) {
            unpark();
            Line.this.failed(errno); // else the next look asks again
          }
        });
  }

  private synchronized void unpark() {
    parked = false;
  }

  private void recalled(LeaseName lease) {
    SharedKey key = lease.plane() == LeasePlane.KEY ? keys.get(lease.id()) : null;
    if (key != null) {
      key.recalled(this, lease.seq());
    }
  }

  // ---- giving back ----

  /**
   * Whether what asks for a lease is sent at once, and so can give one back. It may have to wait for
   * what others give back, where too much is under way.
   */
  boolean mayTakeAlong() {
    return calls.get() < Limits.REQUESTS_PER_CONNECTION / 2;
  }

  /** Gives a lease back, without waiting for the answer. */
  void giveBack(Return given) {
    giveBack(
        given,
        () -> {
          synchronized (unsent) {
            unsent.add(given); // the next look sends it
          }
        });
  }

  /**
   * The same; whatever is asked after it comes after it.
   *
   * @return false: there is too much under way, and it was not sent
   */
  boolean giveBackInOrder(Return given) {
    AtomicBoolean sent = new AtomicBoolean(true);
    giveBack(given, () -> sent.set(false));
    return sent.get();
  }

  private void giveBack(Return given, Runnable unable) {
    long sentAt = nanoTime.getAsLong();
    below.submit(
        caller,
        given.operation,
        new Completion<Boolean>() {
          @Override
          public void done(Boolean had) {
            answered(sentAt);
            if (!had) {
              lost(given);
            }
          }

          @Override
          public void failed(Errno errno) {
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
              unable.run();
              return;
            }
            lost(given);
            Line.this.failed(errno);
          }
        });
  }

  private static void lost(Return given) {
    if (given.operation.value() != null) {
      given.key.valueLost();
    }
  }

  // ---- looks ----

  /** To be called each {@link Limits#LEASE_MS} / 3, by one thread. */
  void look() {
    if (over) {
      close();
      return;
    }
    if (keys.isEmpty()) {
      return;
    }
    park();
    List<Return> again;
    synchronized (unsent) {
      again = List.copyOf(unsent);
      unsent.clear();
    }
    again.forEach(this::giveBack);
    long sentAt = nanoTime.getAsLong();
    below.submit(
        caller,
        new Operation.ReturnLeases(List.of()),
        new Completion<Done>() {
          @Override
          public void done(Done result) {
            answered(sentAt);
          }

          @Override
          public void failed(Errno errno) {
            Line.this.failed(errno);
          }
        });
  }
}
