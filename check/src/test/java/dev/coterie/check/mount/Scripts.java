package dev.coterie.check.mount;

import java.nio.file.Path;

/** Where the scripts are that tests run. */
final class Scripts {
  private Scripts() {}

  /**
   * @param name from {@code src/test} on
   */
  static Path path(String name) {
    return Path.of(System.getProperty("basedir", ""))
        .toAbsolutePath()
        .resolve("src/test")
        .resolve(name);
  }
}
