package dev.coterie.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A process of a run: spoken with in lines, ended with its stdin. Closing leaves no process behind.
 */
final class Child implements AutoCloseable {
  private static final long END_MS_MAX = 5000;
  private static final String END = "\0end"; // no line has this

  /** How a line of a stack trace begins that says nothing of why: a frame, or that more follow. */
  private static final String FRAME = "\t";

  /** Lines told of one that ended: an exception, and what it comes from. */
  private static final int WORDS = 4;

  private final String name;
  private final Process process;
  private final Path errors;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private Child(String name, Process process, Path errors) {
    this.name = name;
    this.process = process;
    this.errors = errors;
  }

  /**
   * Starts it.
   *
   * @param name for messages
   * @param errors where its stderr goes
   */
  static Child start(String name, Path errors, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(Redirect.appendTo(errors.toFile())).start();
    Child child = new Child(name, process, errors);
    Thread.ofPlatform().daemon().name("coterie-bench-" + name).start(child::listen);
    return child;
  }

  private void listen() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // The process was ended while we were reading: as good as the end of its output.
    }
    lines.add(END);
  }

  long pid() {
    return process.pid();
  }

  void say(String line) throws BenchException {
    try {
      OutputStream stdin = process.getOutputStream();
      stdin.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      stdin.flush();
    } catch (IOException e) {
      throw died();
    }
  }

  /** The next line. */
  String hear(long waitMs) throws BenchException {
    String line = poll(waitMs);
    if (line == null) {
      throw new BenchException(name + ": says nothing for " + waitMs + " ms");
    }
    if (line.equals(END)) {
      throw died();
    }
    return line;
  }

  /** Waits for this very line. */
  void await(String expected, long waitMs) throws BenchException {
    String line = hear(waitMs);
    if (!line.equals(expected)) {
      throw new BenchException(name + ": said '" + line + "'");
    }
  }

  /** Whether it runs. */
  boolean isAlive() {
    return process.isAlive();
  }

  private @Nullable String poll(long waitMs) throws BenchException {
    try {
      return lines.poll(waitMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted");
    }
  }

  /** That it ended, with the last that it had to say. */
  BenchException died() {
    String status = awaitEnd() ? " with status " + process.exitValue() : "";
    return new BenchException(name + ": ended" + status + lastWords());
  }

  private String lastWords() {
    try (Stream<String> all = Files.lines(errors)) {
      List<String> words =
          all.filter(line -> !line.isBlank() && !line.startsWith(FRAME))
              .map(String::strip)
              .toList();
      List<String> last = words.subList(Math.max(0, words.size() - WORDS), words.size());
      return last.isEmpty() ? "" : ": " + String.join("; ", last);
    } catch (IOException e) {
      return "; what it said cannot be read: " + e.getMessage();
    }
  }

  private boolean awaitEnd() {
    try {
      return process.waitFor(END_MS_MAX, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It does not read any more.
    }
    process.destroy();
    if (!awaitEnd()) {
      process.destroyForcibly();
      awaitEnd();
    }
  }
}
