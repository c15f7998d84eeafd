package dev.coterie.check.history;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The orchestrator's end of one {@link WorkerMain}. */
final class WorkerProcess implements AutoCloseable {
  private static final int CLOCK_READINGS = 5;

  private final int number;
  private final Process process;
  private final BufferedReader from;
  private final PrintStream to;
  private boolean killed;

  private WorkerProcess(int number, Process process) {
    this.number = number;
    this.process = process;
    this.from =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    this.to = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
  }

  /** Starts a JVM like this one, on the same class path. */
  static WorkerProcess start(RunOptions options, int number, Path logs) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-Xlog:disable", "-Xlog:all=warning:stderr")); // its output is answers
    for (String option : options.jvm().split(" ")) {
      if (!option.isEmpty()) {
        command.add(option);
      }
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(WorkerMain.class.getName());
    command.addAll(options.workerArguments(number, logs));
    return new WorkerProcess(
        number, new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Waits until it has connected, and makes sure that both clocks are one. */
  void awaitReady() throws IOException {
    expect("ready");
    for (int i = 0; i < CLOCK_READINGS; i++) {
      long before = System.nanoTime();
      to.println("clock");
      long there = Long.parseLong(line());
      long after = System.nanoTime();
      if (there < before || there > after) {
        throw new IOException(
            "clocks differ: %d is not within %d..%d".formatted(there, before, after));
      }
    }
  }

  void go() {
    to.println("go");
  }

  /**
   * Waits for the end.
   *
   * @return what is wrong with it; empty if nothing is
   */
  List<String> awaitDone() throws IOException, InterruptedException {
    if (killed) {
      process.waitFor();
      return List.of();
    }
    String line = from.readLine();
    int status = process.waitFor();
    if (line == null || !line.startsWith("done ") || status != 0) {
      return List.of("worker %d ended with status %d: %s".formatted(number, status, line));
    }
    String[] words = line.split(" ");
    return words[2].equals("0")
        ? List.of()
        : List.of("worker %d: %s threads lost an answer".formatted(number, words[2]));
  }

  /** Whether each of its threads has called something. */
  boolean isAtWork(int threads, Path logs) throws IOException {
    if (!process.isAlive()) {
      throw new IOException("worker " + number + " is gone");
    }
    for (int thread = 0; thread < threads; thread++) {
      if (!EventFile.hasRecords(Worker.logFile(logs, number, thread))) {
        return false;
      }
    }
    return true;
  }

  /** SIGKILL. */
  void kill() {
    killed = true;
    process.destroyForcibly();
  }

  private void expect(String word) throws IOException {
    String line = line();
    if (!line.equals(word)) {
      throw new IOException("worker %d said %s, not %s".formatted(number, line, word));
    }
  }

  private String line() throws IOException {
    String line = from.readLine();
    if (line == null) {
      throw new IOException("worker " + number + " is gone");
    }
    return line;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
