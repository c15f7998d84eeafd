package dev.coterie.core;

import dev.coterie.api.Operation;

/**
 * What can stand before any operation until others have let go: nothing in a plain tree. Leases do
 * not stand here, as what an operation changes is only known once it has looked.
 *
 * <p>Asked with no lock held, before the operation has looked at anything. Who is told to wait
 * starts again from the beginning, as everything may have changed.
 */
public interface Barrier {
  /** Nothing ever stands in the way. */
  Barrier OPEN = request -> true;

  /**
   * Whether the request may go ahead now. If not, the barrier keeps it and calls {@link
   * Waiting#resume} once when it is worth asking again; that may be before this returns.
   */
  boolean admit(Waiting request);

  /** Forgets a request that was cancelled, if it is still kept. */
  default void withdraw(Waiting request) {}

  /** A request at the barrier. */
  interface Waiting {
    Operation<?> operation();

    Session session();

    /**
     * Lets the request ask again, and go ahead if it may, on the calling thread, which holds no
     * lock.
     */
    void resume();
  }
}
