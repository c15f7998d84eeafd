package dev.coterie.check.leader;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A leader as a process. Says {@code serving}; answers {@code counts}, {@code memory} (resident, in
 * KiB, when the collector is done), {@code accepting} (CPU time of the threads that accept, in ns)
 * and {@code readers} (threads of connections, as the machine counts them); ends when there is
 * nothing more to hear.
 */
public final class LeaderMain {
  private LeaderMain() {}

  /** Arguments: socket, connections it serves or 0 for what a leader does by itself. */
  public static void main(String[] args) throws IOException {
    Leader.Builder builder =
        Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(Path.of(args[0]));
    int connections = Integer.parseInt(args[1]);
    if (connections > 0) {
      builder.connections(connections);
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Leader leader = builder.start()) {
      System.out.println("serving");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(line + " " + answer(line, leader));
      }
    }
  }

  private static String answer(String question, Leader leader) throws IOException {
    return switch (question) {
      case "counts" -> {
        Leader.Counts counts = leader.counts();
        yield counts.connections() + " " + counts.faults() + " " + counts.tree().sessions();
      }
      case "memory" -> {
        System.gc();
        System.gc();
        yield Long.toString(residentKib());
      }
      case "accepting" -> Long.toString(acceptingNanos());
      case "readers" -> Integer.toString(readers());
      default -> throw new IOException("what is " + question + "?");
    };
  }

  /** What the threads that accept have used of the CPU. */
  private static long acceptingNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (long id : threads.getAllThreadIds()) {
      ThreadInfo thread = threads.getThreadInfo(id);
      if (thread != null && thread.getThreadName().startsWith("coterie-accept")) {
        nanos += threads.getThreadCpuTime(id);
      }
    }
    return nanos;
  }

  /** By their names in proc_pid_task(5), where they are until they take no room any more. */
  private static int readers() throws IOException {
    int count = 0;
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        count += name(task).startsWith("coterie-reader") ? 1 : 0;
      }
    }
    return count;
  }

  private static String name(Path task) {
    try {
      return Files.readString(task.resolve("comm"));
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** VmRSS of proc_pid_status(5). */
  private static long residentKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("no VmRSS in /proc/self/status");
  }
}
