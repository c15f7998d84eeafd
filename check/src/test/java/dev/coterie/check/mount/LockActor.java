package dev.coterie.check.mount;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that opens, locks and closes as it is told ({@code lock_actor.c}). */
final class LockActor implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;
  private static final String ENDED = "ended";

  final long pid;
  private final Writer in;
  private final LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private LockActor(long pid, Writer in, BufferedReader out) {
    this.pid = pid;
    this.in = in;
    Thread.ofPlatform().daemon().start(() -> read(out));
  }

  private void read(BufferedReader out) {
    try (out) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      // It has been killed.
    }
    answers.add(ENDED);
  }

  /** Compiles it into a folder. */
  static Path compile(Path folder) throws IOException, InterruptedException {
    return compile(folder, "lock_actor");
  }

  /** Compiles another that is spoken to in the same way. */
  static Path compile(Path folder, String name) throws IOException, InterruptedException {
    MountTools.requireProgram("/usr/bin/gcc");
    Path program = folder.resolve(name);
    Path source = Scripts.path("c/" + name + ".c");
    Shell.run("gcc -O1 -Wall -Wextra -o \"$2\" \"$1\"", source, program).ok();
    return program;
  }

  static LockActor start(Path program) throws IOException {
    Process process =
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return new LockActor(process.pid(), process.outputWriter(), process.inputReader());
  }

  /**
   * A child of it, which shares its open files.
   *
   * @param folder for the FIFOs by which it is spoken to
   */
  LockActor fork(Path folder) throws IOException, InterruptedException {
    Path to = folder.resolve("in");
    Path from = folder.resolve("out");
    Shell.run("mkfifo \"$1\" \"$2\"", to, from).ok();
    long child = Long.parseLong(ask("fork " + to + " " + from));
    Writer writer = Files.newBufferedWriter(to);
    LockActor actor = new LockActor(child, writer, Files.newBufferedReader(from));
    Files.delete(to);
    Files.delete(from);
    return actor;
  }

  void say(String line) throws IOException {
    in.append(line).append('\n').flush();
  }

  /** Its next answer, which has to come. */
  String answer() throws InterruptedException {
    String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("process " + pid + " does not answer; it is in " + stack());
    }
    return answer;
  }

  String ask(String line) throws IOException, InterruptedException {
    say(line);
    return answer();
  }

  /** Its answer if it has given one. */
  @Nullable String answered() {
    return answers.poll();
  }

  boolean hasAnswered() {
    return !answers.isEmpty();
  }

  /** Whether it sleeps in the kernel until a lock is free, or until a mount answers. */
  boolean waitsForLock() {
    String stack = stack();
    return isIn('S')
        && (stack.contains("fcntl_setlk")
            || stack.contains("locks_lock_inode_wait")
            || stack.contains("flock")
            || stack.contains("request_wait_answer"));
  }

  /** Whether it sleeps in such a function of the kernel. */
  boolean sleepsIn(String function) {
    return isIn('S') && stack().contains(function);
  }

  private String stack() {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/stack"));
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }

  private boolean isIn(char state) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == state;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether its files are closed, as far as it had to do with that. */
  private boolean isGone() {
    return isIn('Z') || !Files.exists(Path.of("/proc/" + pid));
  }

  void signal() throws IOException, InterruptedException {
    Shell.run("kill -ALRM $1", pid).ok();
  }

  /** Kills it, and waits until it is gone. */
  void kill() {
    close();
    await()
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(this::isGone);
  }

  @Override
  public void close() {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }
}
