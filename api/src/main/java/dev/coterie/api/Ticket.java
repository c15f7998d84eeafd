package dev.coterie.api;

/**
 * A submitted operation. Completion, cancel and the end of the session meet on one mutex per
 * operation, and exactly one of them wins.
 */
public interface Ticket {
  /** The ticket of an operation that was done before {@code submit} returned. */
  Ticket DONE = () -> false;

  /**
   * Asks that a waiting operation be given up.
   *
   * @return whether this call won: then the operation has had no effect and its completion has been
   *     given EINTR. False: its completion has been given the answer, or is about to be
   */
  boolean cancel();
}
