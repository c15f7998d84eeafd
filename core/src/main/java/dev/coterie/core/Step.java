package dev.coterie.core;

import dev.coterie.api.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * An operation that may have to be tried several times, as a source has to become ready for it
 * first. Used by one thread at a time: its {@link Request} sees to that.
 */
abstract class Step<R> {
  final EventHandle handle; // immutable

  Step(EventHandle handle) {
    this.handle = handle;
  }

  /**
   * Tries.
   *
   * @param waiter is run when it is worth trying again, if this answers null; null: nobody waits,
   *     and then it is EAGAIN
   * @return the answer; null: not yet
   */
  abstract @Nullable R attempt(@Nullable Runnable waiter) throws ErrnoException;

  /** After how long it has an answer in any case, in milliseconds; not positive: never. */
  int timeoutMs() {
    return -1;
  }

  /** The time is up: the next attempt has an answer. */
  void timeUp() {}

  /** What has been done already and cannot be undone; null: nothing. */
  @Nullable R partial() {
    return null;
  }

  /** Given up: what it holds is to be given back. */
  void drop() {}
}
