package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Path;

/** The tmpfs of ours over the core, in this process, is like the kernel's. */
class CorePosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return new CoreWorld(layout.toCoterie(), Pace.Kind.OURS);
  }

  @Override
  int steps() {
    return 5_000;
  }
}
