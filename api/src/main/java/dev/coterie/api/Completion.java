package dev.coterie.api;

/**
 * Where the answer of a submitted operation goes. Exactly one of the two methods is called, exactly
 * once, on whichever thread finished the operation, with no lock of the core held; it must not
 * block.
 *
 * @param <R> what the operation answers
 */
public interface Completion<R> {
  void done(R result);

  /** The operation ended with an error; EINTR when its ticket was cancelled. */
  void failed(Errno errno);
}
