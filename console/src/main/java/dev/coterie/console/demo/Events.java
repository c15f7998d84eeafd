package dev.coterie.console.demo;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The coordinator of the demos of events. It makes the sets and counters and hands them to the
 * workers; each of these says at its end what it was told, and the sums must agree.
 */
final class Events {
  private static final int EDGE = EPOLLIN | EPOLLET;
  private static final int FIFO_MODE = 0600;

  private final Workers workers;
  private final Tree tree;
  private final String folder;
  private final int processes;
  private final int records;
  private final Signals signals;
  private final List<Long> handles = new ArrayList<>();

  /**
   * @param processes those at work, beside one or two who wait
   * @param records edges or records of each
   */
  Events(Workers workers, Tree tree, String folder, int processes, int records) {
    this.workers = workers;
    this.tree = tree;
    this.folder = folder;
    this.processes = processes;
    this.records = records;
    this.signals = new Signals(tree);
  }

  /** How many workers a demo has. */
  static int workers(Demo.Kind kind, int processes) {
    return switch (kind) {
      case COUNTERS -> processes + 2;
      case CYCLES, TWO_SETS -> 3;
      case GIVEN_UP -> 2;
      case KILLED -> processes + 1;
      default -> processes;
    };
  }

  static String lockName(int worker) {
    return "alive-" + worker;
  }

  static long perSecond(long count, double seconds) {
    return seconds > 0 ? Math.round(count / seconds) : 0;
  }

  /** Runs one of them; its workers have been started. */
  Tally run(Demo.Kind kind) {
    try {
      workers.awaitAll("ready");
      return switch (kind) {
        case COUNTERS -> counters();
        case CYCLES -> cycles(true, List.of("drain", "drain"));
        case TWO_SETS -> cycles(false, List.of("note", "note"));
        case GIVEN_UP -> cycles(true, List.of("restless"));
        case FIFO -> fifo();
        case WATCH -> watch();
        case KILLED -> killed();
        default -> throw new IllegalArgumentException(kind.word());
      };
    } catch (DemoFailure e) {
      return Tally.failed(e.why());
    } catch (ErrnoException e) {
      return Tally.failed(e.getMessage());
    } finally {
      // What the dead have left unfinished must not change what comes next.
      workers.close();
      giveBack();
    }
  }

  private void giveBack() {
    for (long handle : handles) {
      try {
        signals.close(handle);
      } catch (ErrnoException e) {
        // It ends with the session at the latest.
      }
    }
    handles.clear();
  }

  private long set() throws ErrnoException {
    long set = signals.set();
    handles.add(set);
    return set;
  }

  private long counter() throws ErrnoException {
    long counter = signals.counter();
    handles.add(counter);
    return counter;
  }

  /** Tells a worker its part, with handles to take. */
  private void give(int worker, String part, Long... shared) throws DemoFailure, ErrnoException {
    StringBuilder line = new StringBuilder("part ").append(part);
    for (Long handle : shared) {
      line.append(' ').append(signals.share(handle));
    }
    workers.send(worker, line.toString());
  }

  private long begin() throws DemoFailure {
    workers.awaitAll("set");
    long begin = System.nanoTime();
    workers.sendAll("go");
    return begin;
  }

  private static double since(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** What so many workers have to say at their end, number by number, in sum. */
  private long[] sums(int count, int numbers) throws DemoFailure {
    long[] sums = new long[numbers];
    for (int i = 0; i < count; i++) {
      Workers.Line line = workers.next();
      String said = line.after("done");
      String[] words = said == null || said.isEmpty() ? new String[0] : said.split(" ");
      if (said == null || words.length != numbers) {
        throw workers.unexpected(line);
      }
      for (int j = 0; j < numbers; j++) {
        sums[j] += Long.parseLong(words[j]);
      }
    }
    return sums;
  }

  // ---- counters in one set of two processes ----

  private Tally counters() throws DemoFailure, ErrnoException {
    long set = set();
    long end = counter();
    signals.watch(set, end, EPOLLIN, EventWorker.END);
    List<Long> gathered = new ArrayList<>(List.of(set));
    for (int i = 0; i < processes; i++) {
      long counter = counter();
      signals.watch(set, counter, EDGE, i + 1);
      gathered.add(counter);
      give(i + 2, "add", counter);
    }
    for (int i = 0; i < 2; i++) {
      give(i, "gather", gathered.toArray(Long[]::new));
    }
    long begin = begin();
    long added = sums(processes, 1)[0];
    signals.put(end, 1);
    long[] got = sums(2, 2);
    double seconds = since(begin);
    workers.awaitEnds();
    long writes = (long) processes * records;
    long more = Math.max(0, got[0] - added) + Math.max(0, got[1] - writes);
    long lost = Math.max(0, added - got[0]);
    return new Tally(
        added, Math.min(got[0], added), lost, 0, more, 0, 0, perSecond(writes, seconds), "");
  }

  // ---- one edge, answered, then the next ----

  /**
   * @param oneSet which all who answer share; else each has one of its own at the same counter
   */
  private Tally cycles(boolean oneSet, List<String> parts) throws DemoFailure, ErrnoException {
    long work = counter();
    long end = counter();
    int answers = oneSet ? 1 : parts.size();
    List<Long> stepped = new ArrayList<>(List.of(work));
    List<Long> sets = new ArrayList<>();
    for (int i = 0; i < answers; i++) {
      long set = set();
      signals.watch(set, work, EDGE, 1);
      signals.watch(set, end, EPOLLIN, EventWorker.END);
      sets.add(set);
      stepped.add(counter());
    }
    give(0, "step", stepped.toArray(Long[]::new));
    for (int i = 0; i < parts.size(); i++) {
      int which = oneSet ? 0 : i;
      give(i + 1, parts.get(i), sets.get(which), work, stepped.get(which + 1));
    }
    long begin = begin();
    sums(1, 0);
    double seconds = since(begin);
    signals.put(end, 1);
    long[] got = sums(parts.size(), 3);
    workers.awaitEnds();
    long expected = (long) answers * records;
    long doubled = Math.max(Math.max(0, got[0] - expected), got[1]);
    long arrived = Math.min(got[0], expected);
    Tally tally =
        new Tally(
            expected,
            arrived,
            expected - arrived,
            0,
            doubled,
            0,
            0,
            perSecond(records, seconds),
            "");
    boolean pointless = parts.contains("restless") && got[2] == 0;
    return pointless ? tally.because("no wait was given up, so nothing was tried") : tally;
  }

  // ---- FIFO ----

  private Tally fifo() throws DemoFailure, ErrnoException {
    String path = folder + "/fifo";
    tree.mknod(path, Mode.S_IFIFO | FIFO_MODE, 0);
    Log log = new Log(processes, records);
    Taker taker = new Taker("coterie-demo-fifo", () -> log.read(tree, path));
    try {
      for (int i = 0; i < processes; i++) {
        give(i, "fifo");
      }
      long begin = begin();
      sums(processes, 0);
      taker.await();
      double seconds = since(begin);
      workers.awaitEnds();
      return log.tally(seconds);
    } finally {
      taker.close();
      tree.unlink(path);
    }
  }

  // ---- watch ----

  private Tally watch() throws DemoFailure, ErrnoException {
    Changes changes = new Changes(processes, records);
    try (ChangeQueue queue = ChangeQueue.open(tree.service(), tree.caller())) {
      tree.watch(folder, queue, Changes.KINDS);
      for (int i = 0; i < processes; i++) {
        give(i, "change");
      }
      long begin = begin();
      try (Taker taker = new Taker("coterie-demo-watch", () -> takeAll(queue, changes))) {
        sums(processes, 0);
        taker.await();
      }
      double seconds = since(begin);
      workers.awaitEnds();
      return changes.tally(seconds);
    }
  }

  /** Until every change is accounted for, or nothing comes any more. */
  private static void takeAll(ChangeQueue queue, Changes changes) throws ErrnoException {
    while (!changes.isComplete()) {
      List<Change> some = queue.take(Signals.ANSWER_MS, TimeUnit.MILLISECONDS);
      if (some.isEmpty()) {
        return;
      }
      some.forEach(changes::add);
    }
    queue.poll().forEach(changes::add);
  }

  /** A thread that takes what workers give, as long as there are any. */
  private static final class Taker implements AutoCloseable {
    /** What it does. */
    private interface Work {
      void run() throws ErrnoException;
    }

    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Thread thread;

    Taker(String name, Work work) {
      thread =
          Thread.ofPlatform()
              .daemon()
              .name(name)
              .start(() -> {
                try {
                  work.run();
                  end.complete(null);
                } catch (ErrnoException | RuntimeException e) {
                  end.completeExceptionally(e);
                }
              });
    }

    void await() throws DemoFailure {
      Events.await(end, 3 * Signals.ANSWER_MS, thread.getName());
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  private static void await(CompletableFuture<?> answer, int limitMs, String what)
      throws DemoFailure {
    try {
      answer.get(limitMs, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new DemoFailure(what + ": no end in " + limitMs + " ms");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new DemoFailure(what + ": " + cause.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailure("interrupted");
    }
  }

  // ---- killed in a wait ----

  private Tally killed() throws DemoFailure, ErrnoException {
    long set = set();
    long first = counter();
    long second = counter();
    signals.watch(set, first, EDGE, 1);
    give(0, "survive", set, first, second);
    for (int i = 1; i <= processes; i++) {
      give(i, "perish", set, second);
    }
    workers.awaitAll("set");
    long begin = System.nanoTime();
    long lost = 0;
    long stale = 0;
    long doubled = 0;
    long arrived = 0;
    int rounds = 0;
    while (rounds < processes && lost + stale == 0) {
      rounds++;
      long[] seen = round(rounds, first, second);
      arrived += Math.min(1, seen[0]) + Math.min(1, seen[1]);
      lost += seen[0] == 0 ? 1 : 0;
      stale += seen[1] == 0 ? 1 : 0;
      doubled += Math.max(0, seen[0] - 1) + Math.max(0, seen[1] - 1) + seen[2];
    }
    if (lost + stale == 0) {
      workers.send(0, "end");
    }
    sums(1, 0);
    long rate = perSecond(rounds, since(begin));
    return new Tally(2L * rounds, arrived, lost, 0, doubled, 0, stale, rate, "");
  }

  /** One is killed in its waits; then both counters change, and the survivor is to know. */
  private long[] round(int victim, long first, long second) throws DemoFailure, ErrnoException {
    for (int worker : new int[] {victim, 0}) { // the victim would be served first
      workers.send(worker, "go");
      workers.await("waits");
    }
    workers.kill(victim);
    awaitDeath(victim);
    signals.put(first, 1);
    signals.put(second, 1);
    workers.send(0, "look");
    String[] words = workers.await("seen").split(" ");
    return new long[] {
      Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2])
    };
  }

  /** Waits until the leader has seen it: then the lock is free that it held. */
  private void awaitDeath(int victim) throws DemoFailure, ErrnoException {
    try (OpenFile file = tree.open(folder + "/" + lockName(victim), OpenFlags.O_RDWR, 0)) {
      RangeLock lock = RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.WRITE);
      await(
          signals.begin(new Operation.Lock(file.handle(), lock, true)),
          Signals.ANSWER_MS,
          "the lock of a killed worker");
    }
  }
}
