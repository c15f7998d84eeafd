package dev.coterie.check.posix;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.coterie.check.host.Protections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the test needs of the machine: gcc, root, and rules of the kernel out of the way. */
final class KernelTools implements AutoCloseable {
  private final Path program;
  private final Protections protections; // restrictions that we do not have

  /** Skips the test, or fails it with -Dcoterie.requireTools=true, where something is missing. */
  KernelTools(Path directory) throws IOException, InterruptedException {
    Path source = Path.of(System.getProperty("basedir", ""), "src/test/c/kernel_fs.c");
    require(Files.exists(Path.of("/usr/bin/gcc")), "gcc is not installed");
    require("root".equals(System.getProperty("user.name")), "only root may mount a tmpfs");
    program = KernelWorld.compile(source, directory);
    protections = Protections.off();
  }

  private static void require(boolean there, String otherwise) {
    if (!there && Boolean.getBoolean("coterie.requireTools")) {
      fail(otherwise);
    } else if (!there) {
      abort(otherwise);
    }
  }

  Path program() {
    return program;
  }

  @Override
  public void close() {
    protections.close();
  }
}
