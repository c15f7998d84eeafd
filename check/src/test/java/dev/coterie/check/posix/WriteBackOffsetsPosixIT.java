package dev.coterie.check.posix;

import dev.coterie.check.posix.ClientProcess.Copies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** The same with writes kept back, also those at an offset that is not shared yet. */
class WriteBackOffsetsPosixIT extends OffsetsPosixIT {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return open(layout, scratch, Copies.WRITTEN);
  }

  /** Times are those of the writing back. */
  @Override
  boolean isAsked(Step step) {
    return super.isAsked(step) && !LOOKS.contains(step.op());
  }

  @Override
  Set<String> unasked() {
    Set<String> calls = super.unasked();
    calls.addAll(LOOKS);
    return calls;
  }

  private static final Set<String> LOOKS = Set.of("fstat", "lstat");
}
