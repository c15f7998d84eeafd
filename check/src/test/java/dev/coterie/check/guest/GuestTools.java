package dev.coterie.check.guest;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the guests need of the machine: the script that makes and runs them. */
final class GuestTools {
  /** Memory of a guest, in MB. */
  private static final int MEMORY_MB = 256;

  private static final Path BASE = Path.of(System.getProperty("basedir", ""));

  /** Exit status of the script: the package sources have no such kernel, or a tool is missing. */
  private static final List<Integer> NOT_THERE = List.of(3, 4);

  /** For logs and results; it stays. */
  final Path folder = BASE.resolve("target/guest");

  GuestTools() throws IOException {
    Files.createDirectories(folder);
  }

  private static String script() {
    return BASE.resolve("src/test/guest/guest").toString();
  }

  /**
   * Makes a kernel ready. Where a tool of the machine is missing this skips the test, or fails it
   * with -Dcoterie.requireTools=true.
   */
  void prepare(String kernel) throws IOException, InterruptedException {
    Path log = folder.resolve("prepare-" + kernel + ".log");
    Process process =
        new ProcessBuilder(script(), "prepare", kernel, "", Integer.toString(MEMORY_MB))
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int status = process.waitFor();
    String said = Files.readString(log).strip();
    if (NOT_THERE.contains(status) && !Boolean.getBoolean("coterie.requireTools")) {
      abort(said);
    } else if (status != 0) {
      fail("a guest with Linux " + kernel + " cannot be prepared: " + said);
    }
  }

  /** A guest whose agent is on the process's standard streams. */
  Process run(String kernel, Path console) throws IOException {
    return new ProcessBuilder(
            script(), "run", kernel, console.toString(), Integer.toString(MEMORY_MB))
        .redirectError(Redirect.INHERIT)
        .start();
  }
}
