package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker process. It talks with {@link WorkerProcess} by lines: says {@code ready}, answers each
 * {@code clock} with its clock, begins at {@code go}, ends with {@code done OPERATIONS
 * LOST-THREADS}.
 */
public final class WorkerMain {
  private static final int FAILED = 1;
  private static final int HANGS = 3;

  /** How long the last operations may take after the end. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  private WorkerMain() {}

  public static void main(String[] args) throws InterruptedException {
    RunOptions options = RunOptions.parse(args);
    AtomicInteger status = new AtomicInteger(FAILED);
    Thread work = new Thread(() -> status.set(converse(options)), "worker");
    work.setDaemon(true);
    work.start();
    // Until `go` the other workers' start counts too, so the time allowed is generous.
    if (!work.join(GRACE.multipliedBy(2).plusSeconds(options.seconds()))) {
      System.err.println("worker " + options.process() + " hangs:");
      Thread.getAllStackTraces()
          .forEach((thread, frames) -> {
            System.err.println(thread);
            for (StackTraceElement frame : frames) {
              System.err.println("    at " + frame);
            }
          });
      Runtime.getRuntime().halt(HANGS);
    }
    System.exit(status.get());
  }

  private static int converse(RunOptions options) {
    try (FileService service = Connector.named(options.connector()).connect(options.socket())) {
      Worker worker =
          new Worker(
              new Worker.Settings(
                  options.universe(),
                  options.directory(),
                  options.seed(),
                  options.process(),
                  options.threads(),
                  options.teams(),
                  Duration.ofSeconds(options.seconds()).toNanos(),
                  options.operations()),
              service,
              Caller.ROOT);
      if (!awaitGo()) {
        return FAILED;
      }
      Path output = Objects.requireNonNull(options.output(), "--output");
      Worker.Result result = worker.run(output);
      System.out.println("done " + result.operations() + " " + result.lostThreads());
      return 0;
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      return FAILED;
    }
  }

  private static boolean awaitGo() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("ready");
    while (true) {
      String line = in.readLine();
      if (line == null) {
        return false;
      }
      switch (line) {
        case "clock" -> System.out.println(System.nanoTime());
        case "go" -> {
          return true;
        }
        default -> throw new IOException("what is " + line + "?");
      }
    }
  }
}
