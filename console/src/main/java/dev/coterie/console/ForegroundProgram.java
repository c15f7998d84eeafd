package dev.coterie.console;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A program that a command runs and waits for, with the command's own terminal and streams. */
final class ForegroundProgram {
  /** What help says of it. */
  static final String STATUS =
      "The exit status is the program's; 127 it is not there, 126 it cannot be executed.";

  private static final int NOT_EXECUTABLE = 126; // as a shell says it
  private static final int NOT_FOUND = 127;
  private static final long END_S = 10;

  private ForegroundProgram() {}

  /**
   * Runs it until it ends, or until this process is to, and then it too.
   *
   * @param builder for a program by its words, {@link ByteText#decoded}
   * @param atTheEnd what is still to be done when this process is told to end
   * @return its exit status
   */
  static int run(ProcessBuilder builder, Runnable atTheEnd) throws Failure {
    Interrupts.leaveToProgram();
    Process process;
    try {
      process = builder.inheritIO().start();
    } catch (IOException e) {
      throw notStarted(builder.command().getFirst(), e);
    }
    CountDownLatch over = new CountDownLatch(1);
    Thread ending =
        Thread.ofPlatform().name("coterie-end").unstarted(() -> end(process, over, atTheEnd));
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.FAILED;
    } finally {
      over.countDown();
    }
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
  private static void end(Process process, CountDownLatch over, Runnable atTheEnd) {
    process.destroy();
    try {
      if (!over.await(END_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    atTheEnd.run();
  }
}
