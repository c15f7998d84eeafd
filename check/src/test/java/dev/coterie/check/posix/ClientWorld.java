package dev.coterie.check.posix;

import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.Leader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tree of ours, through the Java client: a leader in this process, and for each process of the
 * world a JVM of its own ({@link ClientProcess}).
 */
final class ClientWorld implements World {
  private final Leader leader;
  private final @Nullable LineProcess[] processes = new @Nullable LineProcess[PROCESSES];
  private List<Step> batch = List.of();

  /** The socket must not be there yet. */
  ClientWorld(Map<String, MountFactory> mounts, Pace.Kind pace, Path socket) throws IOException {
    this(mounts, pace, socket, ClientProcess.Copies.NONE);
  }

  /** As the other, by clients that keep copies. */
  ClientWorld(
      Map<String, MountFactory> mounts, Pace.Kind pace, Path socket, ClientProcess.Copies copies)
      throws IOException {
    Leader.Builder builder = Leader.builder().clock(new FineClock()).listen(socket);
    mounts.forEach(builder::mount);
    leader = builder.start();
    try {
      for (int p = 0; p < PROCESSES; p++) {
        processes[p] = new LineProcess("client " + p, command(socket, p, pace, copies));
      }
      for (int p = 0; p < PROCESSES; p++) {
        process(p).awaitReady();
      }
    } catch (IOException | RuntimeException e) {
      try (this) {
        throw e;
      }
    }
  }

  private static List<String> command(
      Path socket, int number, Pace.Kind pace, ClientProcess.Copies copies) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-ea",
        "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        ClientProcess.class.getName(),
        socket.toString(),
        Integer.toString(number),
        pace.name(),
        copies.name());
  }

  private LineProcess process(int number) {
    return Objects.requireNonNull(processes[number]);
  }

  @Override
  public void begin(List<Step> steps) {
    batch = steps;
  }

  /** One process after the other: the next one starts when all before it has been answered. */
  @Override
  public List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    while (answers.size() < batch.size()) {
      List<Step> run = runFrom(answers.size());
      if (isUsage(run.getFirst())) {
        settle();
      }
      List<String> answered = act(run);
      answers.addAll(answered.subList(0, run.size() - 1));
      Step taking = ProcessCalls.taking(run.getLast(), answered.getLast());
      answers.add(taking == null ? answered.getLast() : act(List.of(taking)).getFirst());
    }
    return answers;
  }

  /** Steps of one process, up to where another one comes in. */
  private List<Step> runFrom(int first) {
    int end = first + 1;
    while (end < batch.size()
        && batch.get(end).process() == batch.get(first).process()
        && !isUsage(batch.get(end))
        && !batch.get(end - 1).op().equals("share")) {
      end++;
    }
    return batch.subList(first, end);
  }

  private static boolean isUsage(Step step) {
    return step.op().equals("usage");
  }

  /**
   * What a process has given up may travel with its next request. Until then an unlinked inode is
   * in use, which usage shows.
   */
  private void settle() throws IOException {
    for (int number = 0; number < processes.length; number++) {
      if (processes[number] != null) {
        Step look = Step.of(number, 0, "lstat", "/");
        var _ = act(List.of(look, look));
      }
    }
  }

  private List<String> act(List<Step> run) throws IOException {
    LineProcess process = process(run.getFirst().process());
    process.send(run);
    List<String> answers = new ArrayList<>();
    while (answers.size() < run.size()) {
      answers.add(process.receive());
    }
    return answers;
  }

  /** Nothing may be left of the clients, and no invariant of the leader may have broken. */
  @Override
  public void close() throws IOException {
    try (leader) {
      for (LineProcess process : processes) {
        if (process != null) {
          process.close();
        }
      }
      if (leader.counts().faults() != 0) {
        throw new IOException("faults of the leader: " + leader.counts());
      }
    }
  }
}
