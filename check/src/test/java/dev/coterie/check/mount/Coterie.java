package dev.coterie.check.mount;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command of the product in a process of its own. */
final class Coterie implements AutoCloseable {
  private static final int END_SECONDS = 60;

  final Process process;

  private Coterie(Process process) {
    this.process = process;
  }

  static List<String> line(String... words) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.coterie.console.Main"));
    line.addAll(List.of(words));
    return line;
  }

  /** Starts one that stays, and waits for the line by which it says that it serves. */
  static Coterie start(String... words) throws IOException {
    return start(0, words);
  }

  /**
   * @param files that it may have open; 0: as it is
   */
  static Coterie start(int files, String... words) throws IOException {
    List<String> line = new ArrayList<>();
    if (files != 0) {
      line.addAll(List.of("prlimit", "--nofile=" + files + ":" + files));
    }
    line.addAll(line(words));
    Process process = new ProcessBuilder(line).redirectError(Redirect.INHERIT).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String said = out.readLine();
    if (said == null) {
      throw new IOException("coterie " + String.join(" ", words) + ": ended");
    }
    return new Coterie(process);
  }

  /** Ends it by SIGTERM; its exit status. */
  int terminate() throws InterruptedException, IOException {
    process.destroy();
    return awaitEnd();
  }

  void kill() throws InterruptedException, IOException {
    process.destroyForcibly();
    awaitEnd();
  }

  int awaitEnd() throws InterruptedException, IOException {
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("does not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
