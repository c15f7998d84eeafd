package dev.coterie.api;

import java.nio.ByteBuffer;

/**
 * Takes what is read from where it lies, so that no copy of it need be made. Whoever reads may
 * offer this beside a buffer; a service whose content lies in memory may use it in its place.
 */
public interface Pieces {
  /** The next bytes: the remaining ones of a buffer outside the heap, whose position stays. */
  void add(ByteBuffer piece);

  /**
   * There are no more. Until this returns nobody changes what was added; it must not wait, nor call
   * the service.
   */
  void end();
}
