package dev.coterie.check.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A leader in a process of its own, by the command line. */
final class LeaderProcess implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("tcp:127\\.0\\.0\\.1:(\\d+)");

  private final Process process;
  private final int port;

  private LeaderProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one that believes TCP clients.
   *
   * @param socket its unix socket
   * @param port 0: any free one
   */
  static LeaderProcess start(Path socket, int port) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.coterie.console.Main",
                    "up",
                    "--socket",
                    socket.toString(),
                    "--tcp",
                    Integer.toString(port),
                    "--tcp-trust"))
            .redirectError(Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    Matcher matcher = PORT.matcher(line == null ? "" : line);
    if (!matcher.find()) {
      process.destroyForcibly();
      throw new IOException("no leader: " + line);
    }
    return new LeaderProcess(process, Integer.parseInt(matcher.group(1)));
  }

  int port() {
    return port;
  }

  void end(boolean killed) throws InterruptedException {
    if (killed) {
      process.destroyForcibly();
    } else {
      process.destroy();
    }
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
