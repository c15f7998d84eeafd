package dev.coterie.gates.fuse.kernel;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many of a mount's threads read requests, and which rest.
 *
 * <p>The kernel gives a request to the thread that has waited longest, so many that read take turns
 * and none finds the processor's caches as it left them. So few do: two, so that one can be at work
 * while another reads. Whoever takes a request when nobody else reads calls a thread that rests:
 * however long requests are kept waiting by the storage, the next one, and an interrupt, are read.
 * One that has long been too many rests again.
 *
 * <p>No call is lost: who is about to rest says so before it looks whether anybody reads, and who
 * takes a request ends its reading before it looks whether anybody rests.
 */
final class Crew {
  /** How many read when all is done at once. */
  private static final int READING = 2;

  /** Requests in a row for which a thread was not needed, after which it rests. */
  private static final int NOT_NEEDED = 1000;

  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger resting = new AtomicInteger();
  private final Semaphore calls = new Semaphore(0);
  private volatile boolean over; // atomic; never false again

  /** Whether the thread of this number, from 0 on, begins by reading. */
  static boolean begins(int number) {
    return number < READING;
  }

  /** Before a request is read. */
  void reads() {
    reading.incrementAndGet();
  }

  /** A request was read, or there will be none. */
  void hasRead() {
    if (reading.decrementAndGet() == 0 && resting.get() > 0) {
      calls.release();
    }
  }

  /**
   * Whether there are enough without the calling thread.
   *
   * @param before how often in a row there were until now
   * @return how often now
   */
  int notNeeded(int before) {
    return reading.get() >= READING ? before + 1 : 0;
  }

  /** Whether others read, or have been called, or can be: by whoever takes the last request. */
  boolean others() {
    return reading.get() > 0 || resting.get() > 0;
  }

  boolean shouldRest(int notNeeded) {
    return notNeeded >= NOT_NEEDED;
  }

  /** Rests until called. */
  void rest() {
    resting.incrementAndGet();
    if (reading.get() > 0 && !over) {
      calls.acquireUninterruptibly();
    }
    resting.decrementAndGet();
  }

  /** The mount has ended: nobody rests any more. */
  void end() {
    over = true;
    calls.release(Math.max(1, resting.get()));
  }
}
