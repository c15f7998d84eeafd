package dev.coterie.check.posix;

import java.io.IOException;

/**
 * A file system with two processes of four users each, which does what it is told, one step at a
 * time. A world is made from two things: how calls are made (its class) and what they are made on
 * (its constructor's argument: the mounts).
 */
interface World extends AutoCloseable {
  int PROCESSES = 2;
  int SLOTS = 5;

  /** Tells the world to do a step; {@link #answer} comes before the next. */
  void begin(Step step) throws IOException;

  /**
   * What came of the step, in a line: {@code E13} for an error, else {@code OK}, perhaps with a
   * number and a checksum; {@code S} attributes, {@code D} entries, {@code F} a file system, {@code
   * X} names of extended attributes, {@code L} a link's target; anything else is a fault of the
   * world itself.
   */
  String answer() throws IOException;

  @Override
  void close() throws IOException;
}
