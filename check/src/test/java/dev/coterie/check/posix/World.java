package dev.coterie.check.posix;

import java.io.IOException;
import java.util.List;

/**
 * A file system with two processes of four users each, which does what it is told, one step after
 * the other. A world is made from two things: how calls are made (its class) and what they are made
 * on (its constructor's argument: the mounts).
 */
interface World extends AutoCloseable {
  int PROCESSES = 2;
  int SLOTS = 5;

  /**
   * Tells the world to do steps; {@link #answers} comes before the next. Several at a time, so that
   * worlds made of processes need not wake each other for each.
   */
  void begin(List<Step> steps) throws IOException;

  /**
   * What came of each step, in a line: {@code E13} for an error, else {@code OK}, perhaps with a
   * number and a checksum; {@code S} attributes, {@code D} entries, {@code F} a file system, {@code
   * X} names of extended attributes, {@code L} a link's target; anything else is a fault of the
   * world itself.
   */
  List<String> answers() throws IOException;

  @Override
  void close() throws IOException;
}
