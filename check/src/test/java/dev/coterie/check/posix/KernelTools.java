package dev.coterie.check.posix;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the test needs of the machine: gcc, root, and rules of the kernel out of the way. */
final class KernelTools implements AutoCloseable {
  /** Restrictions beyond POSIX that we do not have; see proc(5). */
  private static final String[] PROTECTIONS = {
    "protected_hardlinks", "protected_symlinks", "protected_fifos", "protected_regular"
  };

  private final Path program;
  private final Map<Path, String> before = new LinkedHashMap<>();
  private final Thread restoring = new Thread(this::restore);

  /** Skips the test, or fails it with -Dcoterie.requireTools=true, where something is missing. */
  KernelTools(Path directory) throws IOException, InterruptedException {
    Path source = Path.of(System.getProperty("basedir", ""), "src/test/c/kernel_fs.c");
    require(Files.exists(Path.of("/usr/bin/gcc")), "gcc is not installed");
    require("root".equals(System.getProperty("user.name")), "only root may mount a tmpfs");
    program = KernelWorld.compile(source, directory);
    Runtime.getRuntime().addShutdownHook(restoring);
    for (String name : PROTECTIONS) {
      Path file = Path.of("/proc/sys/fs", name);
      if (Files.exists(file)) {
        require(Files.isWritable(file), file + " cannot be written");
        before.put(file, Files.readString(file));
        Files.writeString(file, "0");
      }
    }
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

  private synchronized void restore() {
    before.forEach((file, value) -> {
      try {
        Files.writeString(file, value);
      } catch (IOException e) {
        throw new IllegalStateException("could not restore " + file, e);
      }
    });
    before.clear();
  }

  @Override
  public void close() {
    restore();
    Runtime.getRuntime().removeShutdownHook(restoring);
  }
}
