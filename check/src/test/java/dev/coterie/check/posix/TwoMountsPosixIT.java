package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The tmpfs of ours, seen by two processes through a kernel mount each, is like the kernel's own.
 */
class TwoMountsPosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return new MountWorld(program(), layout, Files.createDirectory(scratch), 2);
  }

  @Override
  boolean isAsked(Step step) {
    return MountWorld.isSeen(step) && !unasked().contains(step.op());
  }

  /** FORGOTTEN_LATER, LEFT_BEHIND; and an open file goes with the mount it was opened on. */
  @Override
  Set<String> unasked() {
    return Set.of("statfs", "usage", "share", "chdir");
  }

  @Override
  int scarceInodes() {
    return Layout.ROOMY;
  }

  @Override
  long scarceBytes() {
    return 64 << 20;
  }

  /** Space does not run out. */
  @Override
  List<String> unmet() {
    return Expected.outcomes().entrySet().stream()
        .filter(each -> each.getValue().contains("ENOSPC"))
        .map(each -> each.getKey() + " ENOSPC")
        .toList();
  }

  @Override
  int steps() {
    return 3_000;
  }
}
