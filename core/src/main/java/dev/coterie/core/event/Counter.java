package dev.coterie.core.event;

import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A number that is added to and taken from, by all who have it open: eventfd(2). */
public final class Counter {
  /** "The maximum value that may be stored in the counter": 2^64 - 2. */
  public static final long MAX = -2;

  private final boolean semaphore; // immutable
  private final List<EventCounter> openings = new ArrayList<>(1); // guarded by this
  private long count; // guarded by this; unsigned

  /**
   * @param semaphore take one at a time, not all there is (EFD_SEMAPHORE)
   */
  public Counter(long initial, boolean semaphore) {
    this.count = initial;
    this.semaphore = semaphore;
  }

  /** Whether one is taken at a time. */
  public boolean isSemaphore() {
    return semaphore;
  }

  /** What there is now, unsigned. */
  public synchronized long count() {
    return count;
  }

  /**
   * Opens it once more.
   *
   * @param reads whether it can be ready to be taken from by this handle
   * @param writes whether it can be ready to be added to
   */
  public synchronized EventCounter open(boolean reads, boolean writes) {
    EventCounter opening = new EventCounter(this, reads, writes);
    openings.add(opening);
    return opening;
  }

  synchronized void close(EventCounter opening) {
    openings.remove(opening);
  }

  long take(EventCounter by, @Nullable Runnable waiter) {
    long taken;
    List<EventCounter> told;
    synchronized (this) {
      if (count == 0) {
        if (waiter != null) {
          by.await(waiter);
        }
        return 0;
      }
      taken = semaphore ? 1 : count;
      count -= taken;
      told = List.copyOf(openings);
    }
    told.forEach(opening -> opening.changed(EPOLLOUT));
    return taken;
  }

  boolean add(EventCounter by, long number, @Nullable Runnable waiter) throws ErrnoException {
    if (number == -1) {
      throw new ErrnoException(Errno.EINVAL);
    }
    List<EventCounter> told;
    synchronized (this) {
      if (Long.compareUnsigned(MAX - count, number) < 0) {
        if (waiter != null) {
          by.await(waiter);
        }
        return false;
      }
      count += number;
      told = List.copyOf(openings);
    }
    told.forEach(opening -> opening.changed(EPOLLIN));
    return true;
  }

  synchronized int ready(EventCounter opening) {
    int mask = opening.reads && count != 0 ? EPOLLIN : 0;
    boolean hasRoom = Long.compareUnsigned(count, MAX) < 0;
    return opening.writes && hasRoom ? mask | EPOLLOUT : mask;
  }
}
