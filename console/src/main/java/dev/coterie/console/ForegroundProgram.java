package dev.coterie.console;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program that a command runs and waits for, with the command's own terminal and streams. */
final class ForegroundProgram {
  /** What help says of it. */
  static final String STATUS =
      "The exit status is the program's; 127 it is not there, 126 it cannot be executed.";

  private static final int NOT_EXECUTABLE = 126; // as a shell says it
  private static final int NOT_FOUND = 127;
  private static final long END_S = 10;

  private final ProcessBuilder builder;
  private final Runnable atTheEnd;
  private final CountDownLatch over = new CountDownLatch(1);
  private @Nullable Process process; // guarded by this
  private boolean ending; // guarded by this

  ForegroundProgram(ProcessBuilder builder, Runnable atTheEnd) {
    this.builder = builder;
    this.atTheEnd = atTheEnd;
  }

  /**
   * Runs it until it ends, or until this process is to, and then it too.
   *
   * @param builder for a program by its words, {@link ByteText#decoded}
   * @param atTheEnd what is still to be done when this process is told to end
   * @return its exit status
   */
  static int run(ProcessBuilder builder, Runnable atTheEnd) throws Failure {
    Interrupts.leaveToProgram();
    return new ForegroundProgram(builder.inheritIO(), atTheEnd).run();
  }

  private int run() throws Failure {
    Thread hook = Thread.ofPlatform().name("coterie-end").unstarted(this::end);
    try {
      // First of all: whoever sees that the program has begun may tell this process to end.
      Runtime.getRuntime().addShutdownHook(hook);
      Process started = start();
      return started == null ? Failure.FAILED : started.waitFor();
    } catch (IOException e) {
      forget(hook);
      throw notStarted(builder.command().getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.FAILED;
    } catch (IllegalStateException e) {
      return Failure.FAILED; // this process is ending already
    } finally {
      over.countDown();
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs, and finds no program.
    }
  }

  /** Null: this process is to end, and no program is begun any more. */
  synchronized @Nullable Process start() throws IOException {
    if (!ending) {
      process = builder.start();
    }
    return process;
  }

  static ProcessBuilder of(List<String> words) {
    return new ProcessBuilder(words.stream().map(ByteText::decoded).toList());
  }

  private static Failure notStarted(String word, IOException cause) {
    String message = String.valueOf(cause.getMessage());
    boolean absent = message.contains("error: 2 "); // ENOENT, as the JDK tells it
    return Failure.with(
        absent ? NOT_FOUND : NOT_EXECUTABLE,
        word + ": " + (absent ? "command not found" : "cannot be executed"));
  }

  /** On SIGTERM: the program is told to end, then all the rest ends as always. */
  void end() {
    Process running;
    synchronized (this) {
      ending = true;
      running = process;
    }
    if (running != null) {
      end(running);
    }
    atTheEnd.run();
  }

  private void end(Process running) {
    running.destroy();
    try {
      if (!over.await(END_S, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
