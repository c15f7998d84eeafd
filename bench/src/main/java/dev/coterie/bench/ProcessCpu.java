package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** CPU time of a process, seen from outside. */
final class ProcessCpu {
  private ProcessCpu() {}

  /**
   * What all living threads of a process have used, in nanoseconds; that of those which have ended
   * is not in it. The first number of /proc/PID/task/N/schedstat: proc(5), Linux's
   * Documentation/scheduler/sched-stats.rst.
   */
  static long nanos(long pid) throws IOException {
    long sum = 0;
    try (DirectoryStream<Path> tasks =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks) {
        try {
          String text = Files.readString(task.resolve("schedstat"));
          sum += Long.parseLong(text, 0, text.indexOf(' '), 10);
        } catch (NoSuchFileException e) {
          // It ended in this moment.
        }
      }
    }
    return sum;
  }
}
