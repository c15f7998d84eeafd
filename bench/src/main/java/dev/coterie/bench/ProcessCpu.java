package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time of a process, seen from outside. */
public final class ProcessCpu {
  /** USER_HZ is 100 for every program on Linux. */
  private static final long TICK_NANOS = 10_000_000;

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
        } catch (IOException e) {
          if (Files.exists(task)) {
            throw e;
          }
          // It ended in this moment: it cannot be opened, or not be read.
        }
      }
    }
    return sum;
  }

  /**
   * What a process has used, threads that have ended included, in nanoseconds but exact to {@link
   * #TICK_NANOS} only. utime and stime of /proc/PID/stat: proc(5).
   */
  private static long ticksNanos(long pid) throws IOException {
    String text = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // Field 2 is a name in parentheses, which may hold anything; utime is field 14.
    String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
  }

  /**
   * A process at one moment.
   *
   * @param living nanoseconds of the threads that live
   * @param ticks of all threads, exact to {@link #TICK_NANOS}
   */
  public record Reading(long living, long ticks) {
    public static Reading of(long pid) throws IOException {
      return new Reading(nanos(pid), ticksNanos(pid));
    }

    /** What was used from here to there: exact, unless threads have ended that had used much. */
    public long until(Reading later) {
      long exact = Math.max(0, later.living - living);
      long rough = later.ticks - ticks;
      return rough > exact + TICK_NANOS ? rough : exact;
    }
  }
}
