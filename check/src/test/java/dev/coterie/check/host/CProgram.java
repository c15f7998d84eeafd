package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program in C among the tests' sources. */
final class CProgram {
  private CProgram() {}

  /** Compiles one into a folder; the test is skipped where there is no gcc. */
  static Path compile(String name, Path folder) throws IOException {
    HostTools.requireTool("gcc", "gcc");
    Path source = Path.of(System.getProperty("basedir", ""), "src/test/c", name + ".c");
    Path program = Files.createTempFile(folder, name, "");
    HostTools.run("gcc", "-O1", "-Wall", "-Wextra", "-o", program.toString(), source.toString());
    return program;
  }
}
