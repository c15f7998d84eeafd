package dev.coterie.check;

import dev.coterie.api.FileService;
import dev.coterie.check.history.HistoryRun;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Runs client processes against a leader of this process and checks their histories: {@link
 * HistoryRun} with the product in place.
 */
public final class HistoryCheck {
  private HistoryCheck() {}

  /** Options as of {@link HistoryRun}, but for connector and socket. */
  public static void main(String[] args) throws IOException, InterruptedException {
    System.exit(run(System.out, UnaryOperator.identity(), args));
  }

  /**
   * Serves, runs and checks.
   *
   * @param decorator wraps the leader's sessions: to inject faults
   * @return the exit status of {@link HistoryRun#run}
   */
  public static int run(PrintStream out, UnaryOperator<FileService> decorator, String... args)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("coterie-check-");
    Path socket = directory.resolve("socket");
    try (Leader leader =
        Leader.builder()
            .mount("/", TmpFs.Options.parse(Map.of("size", "2g", "mode", "777")).factory())
            .listen(socket)
            .decorate(decorator)
            .start()) {
      List<String> all = new ArrayList<>(List.of(args));
      all.addAll(List.of("--connector", ClientConnector.class.getName()));
      all.addAll(List.of("--socket", socket.toString()));
      int status = HistoryRun.run(out, all.toArray(String[]::new));
      out.println("leader at the end: " + leader.counts());
      return status;
    } finally {
      remove(directory);
    }
  }

  /** Removes the directory with what the leader leaves beside its socket. */
  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.delete(directory);
  }
}
