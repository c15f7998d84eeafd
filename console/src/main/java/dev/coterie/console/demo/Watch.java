package dev.coterie.console.demo;

/**
 * The first demo: one process changes a file, step by step, and every other looks each time. The
 * next step begins when all have looked, so what they see can only be the state they were told of.
 */
final class Watch {
  private final Workers workers;
  private final int rounds;
  private long told;
  private long answered;
  private long stale;
  private long steps;
  private long nanos;

  Watch(Workers workers, int rounds) {
    this.workers = workers;
    this.rounds = rounds;
  }

  void run() throws DemoFailure {
    long begin = System.nanoTime();
    for (long step = 0; step < (long) rounds * Step.values().length; step++) {
      workers.send(0, "step");
      show(awaitChange());
    }
    nanos = System.nanoTime() - begin;
  }

  /** The new state, as its maker tells it once the call has returned. */
  private Scene awaitChange() throws DemoFailure {
    Workers.Line line = workers.next();
    String state = line.after("state");
    if (line.worker() != 0 || state == null) {
      throw workers.unexpected(line);
    }
    steps++;
    return Scene.parse(state);
  }

  private void show(Scene scene) throws DemoFailure {
    int watchers = workers.count() - 1;
    told += (long) watchers * scene.looks();
    for (int i = 1; i <= watchers; i++) {
      workers.send(i, "look " + scene.toText());
    }
    for (int missing = watchers; missing > 0; missing--) {
      Workers.Line line = workers.next();
      String seen = line.after("seen");
      if (seen == null) {
        throw workers.unexpected(line);
      }
      String[] counts = seen.split(" ", -1);
      answered += Long.parseLong(counts[0]);
      stale += Long.parseLong(counts[1]);
    }
  }

  Tally tally() {
    long rate = nanos > 0 ? Math.round(steps * 1e9 / nanos) : 0;
    return new Tally(told, answered, told - answered, 0, 0, 0, stale, rate, "");
  }
}
