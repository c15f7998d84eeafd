package dev.coterie.console;

import java.io.IOException;

/** One word of the command line. */
interface Command {
  Synopsis synopsis();

  /**
   * Does it.
   *
   * @return exit status: 0, or {@link Failure#FAILED} when something was complained about on the
   *     way
   * @throws IOException what was written could not be, or the leader was lost
   */
  int run(Arguments arguments, Console console) throws IOException, Failure;
}
