package dev.coterie.check.posix;

import java.io.IOException;

/** The tmpfs of ours over the core, in this process, is like the kernel's. */
class CorePosixIT extends DifferentialSuite {
  @Override
  World open(Options options) throws IOException {
    return new CoreWorld(options);
  }

  @Override
  int steps(boolean full) {
    return full ? 100_000 : 5_000;
  }
}
