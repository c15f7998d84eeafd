package dev.coterie.core.event;

import dev.coterie.api.ErrnoException;
import org.jspecify.annotations.Nullable;

/** One open handle of a counter. */
public final class EventCounter extends Source {
  private final Counter counter; // immutable
  final boolean reads; // immutable
  final boolean writes; // immutable

  EventCounter(Counter counter, boolean reads, boolean writes) {
    this.counter = counter;
    this.reads = reads;
    this.writes = writes;
  }

  /**
   * Takes what there is.
   *
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return never 0 but when there is nothing
   */
  public long take(@Nullable Runnable waiter) {
    return counter.take(this, waiter);
  }

  /**
   * Adds a number.
   *
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return false when it would be more than {@link Counter#MAX}
   * @throws ErrnoException EINVAL 2^64 - 1
   */
  public boolean add(long number, @Nullable Runnable waiter) throws ErrnoException {
    return counter.add(this, number, waiter);
  }

  @Override
  public int ready() {
    return counter.ready(this);
  }

  @Override
  public void end() {
    super.end();
    counter.close(this);
  }
}
