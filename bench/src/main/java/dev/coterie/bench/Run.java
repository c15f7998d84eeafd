package dev.coterie.bench;

import java.io.IOException;

/** Something to measure, by name. */
interface Run {
  /** As on the command line; the word before the first dash is its group. */
  String name();

  /** One line, with what it is compared to. */
  String summary();

  /**
   * Sets up both sides and measures them.
   *
   * @throws MissingTool something is not installed
   */
  void run(Arena arena, Rounds rounds) throws IOException, BenchException;
}
