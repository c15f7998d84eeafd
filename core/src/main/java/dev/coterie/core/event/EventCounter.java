package dev.coterie.core.event;

import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import org.jspecify.annotations.Nullable;

/** A number that is added to and taken from, for one process to wake up another: eventfd(2). */
public final class EventCounter extends Source {
  /** "The maximum value that may be stored in the counter": 2^64 - 2. */
  public static final long MAX = -2;

  private final boolean semaphore; // immutable
  private long count; // guarded by this; unsigned

  /**
   * @param semaphore take one at a time, not all there is (EFD_SEMAPHORE)
   */
  public EventCounter(long initial, boolean semaphore) {
    this.count = initial;
    this.semaphore = semaphore;
  }

  /**
   * Takes what there is.
   *
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return never 0 but when there is nothing
   */
  public long take(@Nullable Runnable waiter) {
    long taken;
    synchronized (this) {
      if (count == 0) {
        if (waiter != null) {
          await(waiter);
        }
        return 0;
      }
      taken = semaphore ? 1 : count;
      count -= taken;
    }
    changed(EPOLLOUT);
    return taken;
  }

  /**
   * Adds a number.
   *
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return false when it would be more than {@link #MAX}
   * @throws ErrnoException EINVAL 2^64 - 1
   */
  public boolean add(long number, @Nullable Runnable waiter) throws ErrnoException {
    if (number == -1) {
      throw new ErrnoException(Errno.EINVAL);
    }
    synchronized (this) {
      if (Long.compareUnsigned(MAX - count, number) < 0) {
        if (waiter != null) {
          await(waiter);
        }
        return false;
      }
      count += number;
    }
    changed(EPOLLIN);
    return true;
  }

  @Override
  public synchronized int ready() {
    int mask = count == 0 ? 0 : EPOLLIN;
    return Long.compareUnsigned(count, MAX) < 0 ? mask | EPOLLOUT : mask;
  }
}
