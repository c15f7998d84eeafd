package dev.coterie.check.mount;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A {@link LookMain} in a process of its own. */
final class LookProcess implements AutoCloseable {
  private final Process process;
  private final BufferedWriter to;
  private final BufferedReader from;

  /**
   * @param folder a path of the machine, or a URI of the provider
   */
  LookProcess(String folder) throws IOException {
    process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    LookMain.class.getName(),
                    folder))
            .redirectError(Redirect.INHERIT)
            .start();
    to = process.outputWriter(StandardCharsets.UTF_8);
    from = process.inputReader(StandardCharsets.UTF_8);
    if (!"ready".equals(from.readLine())) {
      throw new IOException("no process for " + folder);
    }
  }

  void send(String line) throws IOException {
    to.write(line);
    to.write('\n');
    to.flush();
  }

  String answer() throws IOException {
    String line = from.readLine();
    if (line == null) {
      throw new IOException("the process is gone");
    }
    return line;
  }

  String ask(String line) throws IOException {
    send(line);
    return answer();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
