package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Lets several processes work on one tree and checks what they saw. Prints a table, and what is
 * wrong; the exit status is 0 if the history is linearizable, 1 if it is not or if that could not
 * be decided, 2 if there was no run.
 */
public final class HistoryRun {
  private static final int NO_RUN = 2;
  private static final long POLL_MS = 10;

  private final RunOptions options;
  private final Path logs;
  private final PrintStream out;

  private HistoryRun(RunOptions options, Path logs, PrintStream out) {
    this.options = options;
    this.logs = logs;
    this.out = out;
  }

  public static void main(String[] args) {
    try {
      System.exit(run(System.out, args));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.print(RunOptions.USAGE);
    } catch (IOException | InterruptedException e) {
      System.err.println("no run: " + e.getMessage());
    }
    System.exit(NO_RUN);
  }

  /** Runs and checks, or with {@code --logs} only checks; answers the exit status. */
  public static int run(PrintStream out, String... args) throws IOException, InterruptedException {
    if (args.length == 2 && args[0].equals("--logs")) {
      return report(out, check(Path.of(args[1])), List.of());
    }
    RunOptions options = RunOptions.parse(args);
    Path output = options.output();
    Path logs = output != null ? output : Files.createTempDirectory("coterie-history-");
    Files.createDirectories(logs);
    HistoryRun run = new HistoryRun(options, logs, out);
    List<String> faults = run.work();
    int status = report(out, check(logs), faults);
    if (status == 0 && output == null) {
      remove(logs);
    } else {
      out.println("logs: " + logs);
    }
    return status;
  }

  private List<String> work() throws IOException, InterruptedException {
    Connector connector = Connector.named(options.connector());
    try (FileService service = connector.connect(options.socket())) {
      Workspace.make(service, Caller.ROOT, options.directory(), options.universe());
      out.printf(
          "%d processes, %d threads each, %d s, seed %d%n",
          options.processes(), options.threads(), options.seconds(), options.seed());
      List<String> faults = new ArrayList<>(runWorkers());
      List<String> strays =
          FinalTree.record(
              service, Caller.ROOT, options.directory(), options.universe(), options.seed(), logs);
      strays.forEach(stray -> faults.add("a name that nobody made: " + stray));
      return faults;
    }
  }

  private List<String> runWorkers() throws IOException, InterruptedException {
    List<WorkerProcess> workers = new ArrayList<>();
    try {
      for (int i = 0; i < options.processes(); i++) {
        workers.add(WorkerProcess.start(options, i, logs));
      }
      for (WorkerProcess worker : workers) {
        worker.awaitReady();
      }
      workers.forEach(WorkerProcess::go);
      if (options.kill() > 0) {
        pause(options.seconds() * 500L); // the moment of the blow is a time, and any will do
        for (WorkerProcess victim : workers.subList(0, options.kill())) {
          while (!victim.isAtWork(options.threads(), logs)) {
            pause(POLL_MS);
          }
          victim.kill();
        }
      }
      List<String> faults = new ArrayList<>();
      for (WorkerProcess worker : workers) {
        faults.addAll(worker.awaitDone());
      }
      return faults;
    } finally {
      workers.forEach(WorkerProcess::close);
    }
  }

  private static void pause(long ms) throws InterruptedException {
    boolean early = new CountDownLatch(1).await(ms, TimeUnit.MILLISECONDS); // nobody counts it down
    assert !early;
  }

  /** Checks the logs of a directory. */
  public static Report check(Path logs) throws IOException {
    try (LogHistory history = LogHistory.open(logs)) {
      return new Checker(Runtime.getRuntime().availableProcessors()).check(history);
    }
  }

  private static int report(PrintStream out, Report report, List<String> faults) {
    out.print(report.toText());
    faults.forEach(fault -> out.println("FAULT " + fault));
    boolean fine = report.isFine() && faults.isEmpty();
    out.println(fine ? "linearizable" : "NOT FINE");
    return fine ? 0 : 1;
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
