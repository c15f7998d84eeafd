package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A run in one JVM: each "process" is a worker with a session of its own. For trees that cannot be
 * reached from another process, and for faults to be put in between.
 *
 * @param universe what to work on
 * @param processes how many workers
 * @param threads in each of them
 * @param operations in each thread
 * @param seed of all random choices
 */
record LocalRun(Universe universe, int processes, int threads, int operations, long seed) {
  private static final String DIRECTORY = "history";
  private static final int SHARERS = 12;

  /** Small enough that a few thousand operations meet. */
  static final Universe SMALL = new Universe(4, 4, 4, 4, 16);

  /**
   * Runs and checks.
   *
   * @param sessions opens a session on the tree
   * @param between what the workers see of it; the preparation and the look at the end go to the
   *     tree itself
   * @param logs a directory for the logs
   */
  Report run(Supplier<FileService> sessions, UnaryOperator<FileService> between, Path logs)
      throws Exception {
    FileService own = sessions.get();
    Workspace.make(own, Caller.ROOT, DIRECTORY, universe);
    try (ExecutorService pool = Executors.newFixedThreadPool(processes)) {
      List<Future<Worker.Result>> results = new ArrayList<>();
      for (int i = 0; i < processes; i++) {
        int process = i;
        results.add(pool.submit(() -> work(process, between.apply(sessions.get()), logs)));
      }
      for (Future<Worker.Result> result : results) {
        if (result.get().lostThreads() > 0) {
          throw new IOException("answers were lost");
        }
      }
    }
    List<String> strays = FinalTree.record(own, Caller.ROOT, DIRECTORY, universe, seed, logs);
    if (!strays.isEmpty()) {
      throw new IOException("names that nobody made: " + strays);
    }
    return HistoryRun.check(logs);
  }

  private Worker.Result work(int process, FileService service, Path logs) throws IOException {
    Worker.Settings settings =
        new Worker.Settings(
            universe,
            DIRECTORY,
            seed,
            process,
            threads,
            Worker.teams(processes, threads, SHARERS),
            Long.MAX_VALUE,
            operations);
    return new Worker(settings, service, Caller.ROOT).run(logs);
  }
}
