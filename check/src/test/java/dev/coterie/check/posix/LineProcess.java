package dev.coterie.check.posix;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that says {@code ready}, then answers each line with a line, until its input ends. */
final class LineProcess implements AutoCloseable {
  private static final int END_SECONDS = 60;

  private final String name;
  private final Process process;
  private final BufferedWriter to;
  private final BufferedReader from;

  LineProcess(String name, List<String> command) throws IOException {
    this.name = name;
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    to = process.outputWriter(ISO_8859_1);
    from = process.inputReader(ISO_8859_1);
  }

  void awaitReady() throws IOException {
    String line = receive();
    if (!line.equals("ready")) {
      throw new IOException(name + " did not start: " + line);
    }
  }

  void send(List<Step> steps) throws IOException {
    for (Step step : steps) {
      to.write(step.toLine());
      to.write('\n');
    }
    to.flush();
  }

  String receive() throws IOException {
    String line = from.readLine();
    if (line == null) {
      throw new IOException(name + " is gone");
    }
    return line;
  }

  /** Ends its input and waits for it to go by itself. */
  @Override
  public void close() throws IOException {
    try (to) {
      // Only closed.
    } catch (IOException e) {
      // It is gone already; its status says more.
    }
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(name + " did not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(name + " was not waited for", e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(name + " ended with status " + process.exitValue());
    }
  }
}
