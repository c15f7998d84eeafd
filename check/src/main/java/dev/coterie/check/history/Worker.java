package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One worker process's part of a run: threads that do random operations and record them. */
public final class Worker {
  /**
   * Half of all operations go to the first of this many parts of a team's objects, so that these
   * are contended.
   */
  private static final int HOT_PART = 8;

  private final Settings settings;
  private final FileService service;
  private final Caller caller;

  /**
   * What to do.
   *
   * @param universe what to work on
   * @param directory where it lies, below the root
   * @param seed of all random choices; each thread makes its own from it
   * @param process number of this process
   * @param threads how many threads
   * @param teams into how many teams the threads of each process and the objects are divided, see
   *     {@link #teams}
   * @param nanos for how long
   * @param operations at most how many in each thread
   */
  public record Settings(
      Universe universe,
      String directory,
      long seed,
      int process,
      int threads,
      int teams,
      long nanos,
      int operations) {}

  /**
   * What came of it.
   *
   * @param operations how many were begun
   * @param lostThreads how many threads ended early because an answer was lost
   */
  public record Result(long operations, int lostThreads) {}

  /**
   * How many teams to make so that at most {@code sharers} threads meet on one object. The number
   * of orders grows with what is under way on one object at a time; a pause of the tree must not
   * let all threads of all processes pile up on one.
   */
  public static int teams(int processes, int threads, int sharers) {
    return Math.clamp((processes * threads + sharers - 1L) / sharers, 1, threads);
  }

  /** A worker on a tree that {@link HistoryRun} has made ready; the service stays open. */
  public Worker(Settings settings, FileService service, Caller caller) {
    this.settings = settings;
    this.service = service;
    this.caller = caller;
  }

  /** Runs all threads to their end; each writes one log into {@code output}. */
  public Result run(Path output) throws IOException {
    Workspace space = Workspace.find(service, caller, settings.directory, settings.universe);
    FileOperations.Handles handles = FileOperations.Handles.open(space);
    CountDownLatch ready = new CountDownLatch(settings.threads);
    List<Future<Result>> results = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(settings.threads)) {
      for (int i = 0; i < settings.threads; i++) {
        int thread = i;
        results.add(pool.submit(() -> work(space, handles, thread, output, ready)));
      }
      long operations = 0;
      int lost = 0;
      for (Future<Result> result : results) {
        operations += result.get().operations;
        lost += result.get().lostThreads;
      }
      return new Result(operations, lost);
    } catch (ExecutionException e) {
      throw new IOException("a thread of the worker failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private Result work(
      Workspace space,
      FileOperations.Handles handles,
      int thread,
      Path output,
      CountDownLatch ready)
      throws IOException, InterruptedException {
    Path file = logFile(output, settings.process, thread);
    SplittableRandom random =
        new SplittableRandom(settings.seed * 1_000_003 + settings.process * 4096L + thread);
    try (EventLog log =
        EventLog.create(file, settings.process, thread, settings.seed, settings.universe)) {
      Recorder recorder = new Recorder(log);
      NameOperations names = new NameOperations(space, recorder, random);
      FileOperations files =
          new FileOperations(space, handles, recorder, random, settings.process, thread);
      ready.countDown();
      ready.await();
      long began = System.nanoTime();
      while (recorder.events() < settings.operations
          && System.nanoTime() - began < settings.nanos
          && !recorder.isLost()) {
        if (random.nextBoolean()) {
          names.step(choose(random, thread, settings.universe.groups()));
        } else {
          files.step(choose(random, thread, settings.universe.files()));
        }
      }
      return new Result(recorder.events(), recorder.isLost() ? 1 : 0);
    }
  }

  /** One of the objects of the thread's team. Each process has threads in each team. */
  private int choose(SplittableRandom random, int thread, int objects) {
    int teams = Math.min(settings.teams, objects);
    int team = thread % teams;
    int own = (objects - team + teams - 1) / teams;
    int hot = Math.max(1, own / HOT_PART);
    return team + teams * random.nextInt(random.nextBoolean() ? hot : own);
  }

  /** Where the log of a thread lies. */
  static Path logFile(Path output, int process, int thread) {
    return output.resolve("p%03d-t%03d%s".formatted(process, thread, LogHistory.SUFFIX));
  }
}
