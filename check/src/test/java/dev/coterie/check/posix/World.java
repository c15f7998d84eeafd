package dev.coterie.check.posix;

import java.io.IOException;

/** A file system with two processes of four users each, which does what it is told. */
interface World extends AutoCloseable {
  int PROCESSES = 2;
  int SLOTS = 5;

  /**
   * Does a step and answers with a line: {@code E13} for an error, else {@code OK}, perhaps with a
   * number and a checksum; {@code S} attributes, {@code D} entries, {@code F} a file system, {@code
   * X} names of extended attributes, {@code L} a link's target.
   */
  String act(Step step) throws IOException;

  @Override
  void close() throws IOException;
}
