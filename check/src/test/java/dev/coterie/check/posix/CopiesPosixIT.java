package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** As {@link TwoMountsPosixIT}, by gates that keep copies. */
class CopiesPosixIT extends TwoMountsPosixIT {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return MountWorld.withCopies(program(), layout, Files.createDirectory(scratch), 2);
  }

  /** A copy's may lag behind. */
  @Override
  Leeway leeway() {
    return Leeway.ATIME;
  }
}
