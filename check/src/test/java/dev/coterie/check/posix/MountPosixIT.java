package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** The tmpfs of ours as a kernel mount is like the kernel's own. */
class MountPosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return new MountWorld(program(), layout, Files.createDirectory(scratch), 1);
  }

  @Override
  boolean isAsked(Step step) {
    return MountWorld.isSeen(step) && !unasked().contains(step.op());
  }

  /** FORGOTTEN_LATER. */
  @Override
  Set<String> unasked() {
    return Set.of("usage");
  }

  @Override
  int scarceInodes() {
    return Layout.ROOMY;
  }

  @Override
  int steps() {
    return 3_000;
  }
}
