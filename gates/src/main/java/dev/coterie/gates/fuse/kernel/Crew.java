package dev.coterie.gates.fuse.kernel;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * How many of a mount's threads read requests, and which rest.
 *
 * <p>The kernel gives a request to the thread that has waited longest, so several that read take
 * turns, and none finds the processor's caches as it left them: for one program alone that costs
 * more than a second reader brings. So one thread reads, until several programs are seen to ask in
 * turn, or a request is held up. While several ask, whoever takes a request when nobody else reads
 * calls a thread that rests; one that has long read for one program alone rests again, if another
 * reads. That nobody else reads is no sign of need by itself: who has just answered a program on
 * its own processor does not get to read on before the program asks again.
 *
 * <p>While there is one reader, a guard looks now and then. A request that it finds at work twice,
 * with nobody reading, is being kept waiting by the storage: it calls a thread to read what comes
 * meanwhile, an interrupt above all. With nothing to do, the guard sleeps.
 *
 * <p>No call is lost: who is about to rest says so before it looks whether anybody reads, and who
 * takes a request ends its reading before it looks whether anybody rests.
 */
final class Crew {
  /** Requests of one program alone in a row, after which a thread rests if another reads. */
  private static final int ALONE = 1000;

  /** Between two looks of the guard. */
  private static final long LOOK_NANOS = 5_000_000;

  /** Looks in a row at which nothing had come, after which the guard sleeps. */
  private static final int IDLE_LOOKS = 20;

  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger resting = new AtomicInteger();
  private final AtomicLong taken = new AtomicLong(); // while nobody else read
  private final Semaphore calls = new Semaphore(0);
  private volatile @Nullable Thread sleepingGuard; // atomic; null: it is awake, or there is none
  private volatile boolean over; // atomic; never false again

  /** Whether the thread of this number, from 0 on, begins by reading. */
  static boolean begins(int number) {
    return number == 0;
  }

  /** Before a request is read. */
  void reads() {
    reading.incrementAndGet();
  }

  /**
   * A request was read, or there will be none.
   *
   * @param several whether several programs ask in turn
   */
  void hasRead(boolean several) {
    if (reading.decrementAndGet() > 0) {
      return;
    }
    if (several) {
      call();
      return;
    }
    taken.incrementAndGet();
    Thread guard = sleepingGuard;
    if (guard != null) {
      sleepingGuard = null;
      LockSupport.unpark(guard);
    }
  }

  private void call() {
    if (resting.get() > 0) {
      calls.release();
    }
  }

  /** Whether others read, or have been called, or can be: by whoever takes the last request. */
  boolean others() {
    return reading.get() > 0 || resting.get() > 0;
  }

  /**
   * @param alone requests in a row that the calling thread has read of one program alone
   */
  boolean shouldRest(int alone) {
    return alone >= ALONE;
  }

  /**
   * Rests until called.
   *
   * @return false: not at all, as nobody reads
   */
  boolean rest() {
    resting.incrementAndGet();
    boolean rests = reading.get() > 0 && !over;
    if (rests) {
      calls.acquireUninterruptibly();
    }
    resting.decrementAndGet();
    return rests;
  }

  /** What the guard does, until the mount has ended. */
  void guard() {
    long seen = 0;
    int idle = 0;
    while (!over) {
      long now = taken.get();
      if (now != seen) {
        seen = now;
        idle = 0;
      } else if (reading.get() == 0) {
        call();
      } else if (++idle >= IDLE_LOOKS) {
        sleep(seen);
        idle = 0;
      }
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
  }

  private void sleep(long seen) {
    Thread self = Thread.currentThread();
    sleepingGuard = self;
    while (sleepingGuard != null && taken.get() == seen && !over) {
      LockSupport.park(this);
    }
    sleepingGuard = null;
  }

  /** The mount has ended: nobody rests any more. */
  void end() {
    over = true;
    calls.release(Math.max(1, resting.get()));
    Thread guard = sleepingGuard;
    if (guard != null) {
      LockSupport.unpark(guard);
    }
  }
}
