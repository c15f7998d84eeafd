package dev.coterie.check.mount;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a mount needs of the machine. */
final class MountTools {
  private MountTools() {}

  /** Skips the test, or fails it with -Dcoterie.requireTools=true, where there can be no mount. */
  static void require() {
    need(Files.exists(Path.of("/dev/fuse")), "there is no /dev/fuse");
    need("root".equals(System.getProperty("user.name")), "only root may mount");
  }

  /** The same for a program of the machine. */
  static void requireProgram(String path) {
    need(Files.isExecutable(Path.of(path)), path + " is not installed");
  }

  /** The same for a file that is no program. */
  static void requireFile(String path, String name) {
    need(Files.exists(Path.of(path)), name + " is not installed");
  }

  private static void need(boolean there, String otherwise) {
    if (!there && Boolean.getBoolean("coterie.requireTools")) {
      fail(otherwise);
    } else if (!there) {
      abort(otherwise);
    }
  }
}
