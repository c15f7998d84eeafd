package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tmpfs of ours through the Java client, from two processes, is like the kernel's. */
class ClientPosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return new ClientWorld(
        layout.toCoterie(), Pace.Kind.OURS, Files.createDirectory(scratch).resolve("socket"));
  }

  @Override
  int steps() {
    return 3_000;
  }
}
