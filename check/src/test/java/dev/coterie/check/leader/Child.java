package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM, which talks with the test by lines. A line that begins with {@code failed} fails the
 * test. What it writes to stderr goes into a file.
 */
public final class Child implements AutoCloseable {
  /** How long a line may take before the test has failed. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String END = new String("its end");

  private final String name;
  private final Process process;
  private final PrintStream to;
  private final Path errors;
  private final Thread listener;
  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private Child(String name, Process process, Path errors) {
    this.name = name;
    this.process = process;
    this.errors = errors;
    this.to = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
    this.listener = Thread.ofPlatform().daemon().name("hears-" + name).start(this::listen);
  }

  /**
   * Starts a JVM on this one's class path.
   *
   * @param around words before the command: what sets limits or another user
   * @param folder where its stderr is kept
   */
  public static Child start(
      List<String> around, List<String> jvm, Path folder, Class<?> main, Object... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(jvm);
    all.addFirst("--enable-native-access=ALL-UNNAMED");
    return startJvm(around, all, folder, main, arguments);
  }

  /** One that may not call the C library. */
  public static Child startWithoutNativeAccess(Path folder, Class<?> main, Object... arguments)
      throws IOException {
    return startJvm(List.of(), List.of("-XX:TieredStopAtLevel=1"), folder, main, arguments);
  }

  private static Child startJvm(
      List<String> around, List<String> jvm, Path folder, Class<?> main, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(around);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-ea", "-Xmx256m", "-XX:+UseSerialGC", "-Xlog:disable", "-Xlog:all=warning:stderr"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    File errors = Files.createTempFile(folder, main.getSimpleName(), ".err").toFile();
    Process process = new ProcessBuilder(command).redirectError(Redirect.to(errors)).start();
    return new Child(main.getSimpleName() + " " + process.pid(), process, errors.toPath());
  }

  public static Child start(Path folder, Class<?> main, Object... arguments) throws IOException {
    return start(List.of(), List.of("-XX:TieredStopAtLevel=1"), folder, main, arguments);
  }

  private void listen() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.US_ASCII)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        heard.add(line);
      }
    } catch (IOException e) {
      // As good as the end of its output.
    }
    heard.add(END);
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public void say(String line) {
    to.println(line);
  }

  /** Waits for a line that begins with a word, which must be the next one; answers the rest. */
  public String hear(String word) {
    String line;
    try {
      line = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (line == null || line.equals(END) || !(line + " ").startsWith(word + " ")) {
      fail("%s: '%s' instead of '%s'; stderr: %s", name, line, word, errors());
    }
    return String.valueOf(line).substring(word.length()).strip();
  }

  /** Asks and waits for the answer, which begins with the same word. */
  public String ask(String question) {
    say(question);
    return hear(question.split(" ", 2)[0]);
  }

  /** All that it said and was not heard, up to its end, which has come. */
  public List<String> lastWords() {
    Threads.join(listener);
    List<String> lines = new ArrayList<>();
    heard.drainTo(lines);
    lines.remove(END);
    return lines;
  }

  public List<String> errors() {
    try {
      return Files.readAllLines(errors, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  public void kill() {
    assertThat(process.toHandle().destroyForcibly()).as("%s was alive", name).isTrue();
  }

  public int awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        fail("%s does not end", name);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return process.exitValue();
  }

  /**
   * Tells it that there is nothing more to say, and waits for its end, which must be a good one.
   */
  public void end() {
    to.close();
    assertThat(awaitEnd()).as("%s: %s", name, errors()).isZero();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
