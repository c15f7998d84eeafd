package dev.coterie.bench;

import java.io.IOException;

/** Something that can be measured, set up and ready. */
interface Side {
  /** Works for one round. */
  Sample measure() throws IOException, BenchException;

  /** What else was seen over all rounds, in a few words; empty for nothing. */
  default String remark() {
    return "";
  }
}
