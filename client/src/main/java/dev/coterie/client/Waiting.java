package dev.coterie.client;

import org.jspecify.annotations.Nullable;

/**
 * Something one thread waits for: an answer, a tag, room in the output buffer.
 *
 * <p>Whoever brings it about first makes {@link #isDone} true and then calls {@link
 * ReaderRole#wake}.
 */
abstract class Waiting {
  /** Who waits; immutable. */
  final Thread thread = Thread.currentThread();

  // Guarded by the ReaderRole's list.
  @Nullable Waiting next;
  @Nullable Waiting previous;
  boolean listed;

  /** Whether it has come about; atomic. */
  abstract boolean isDone();

  /** Whether it takes the role only where nobody else would: it has nobody who waits for it. */
  boolean isPatient() {
    return false;
  }

  /** Whether it leaves reading to others for now, though it has not come about. */
  boolean isLeftToOthers() {
    return false;
  }

  /** The waiting thread was interrupted for the first time; it waits on until {@link #isDone}. */
  abstract void interrupted();
}
