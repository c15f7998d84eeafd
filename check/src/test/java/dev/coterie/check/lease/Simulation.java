package dev.coterie.check.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A world whose time, order and chance come from one seed: what happens is a queue of events, and
 * of all threads one is awake at a time. So a seed is one history, and its failure comes again.
 *
 * <p>Times are in microseconds.
 */
final class Simulation {
  /** More than this and a history does not end. */
  private static final long EVENTS_MOST = 2_000_000;

  /** The only seed that is to be run, and told of; null: all. */
  static final @Nullable Long ONLY_SEED = Long.getLong("coterie.seed");

  private record Event(long at, long number, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  /** How a fiber learns that the world has ended. */
  private static final class End extends Error {
    private static final long serialVersionUID = 1;

    End() {
      super("the world has ended", null, false, false);
    }
  }

  /** A thread of the world. It gives up the processor only in {@link #park} and at its end. */
  final class Fiber {
    private final Semaphore mayRun = new Semaphore(0);
    private boolean parked;
    private boolean permit;
    private boolean over;

    Fiber(Runnable body) {
      Thread.ofVirtual()
          .start(() -> {
            mayRun.acquireUninterruptibly();
            try {
              if (!ended) {
                body.run();
              }
            } catch (End e) {
              // It goes with the world.
            } catch (RuntimeException | Error e) {
              fail(e);
            } finally {
              over = true;
              back.release();
            }
          });
      fibers.add(this);
      after(0, this::run);
    }

    private void run() {
      if (over) {
        return;
      }
      Fiber before = current;
      current = this;
      mayRun.release();
      back.acquireUninterruptibly();
      current = before;
    }

    /** Waits for {@link #unpark}, which may have come before. For the fiber itself. */
    void park() {
      if (ended) {
        throw new End();
      }
      if (permit) {
        permit = false;
        return;
      }
      parked = true;
      back.release();
      mayRun.acquireUninterruptibly();
      if (ended) {
        throw new End();
      }
    }

    /** Lets it go on, as an event of its own. */
    void unpark() {
      if (parked) {
        parked = false;
        after(0, this::run);
      } else {
        permit = true;
      }
    }

    /** Lets time pass. For the fiber itself. */
    void sleep(long micros) {
      boolean[] due = new boolean[1];
      after(
          micros,
          () -> {
            due[0] = true;
            unpark();
          });
      while (!due[0]) {
        park();
      }
    }
  }

  private final Random random;
  private final boolean tells;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Semaphore back = new Semaphore(0); // a fiber gives the processor back
  private final List<Throwable> failures = new ArrayList<>();
  private final List<Fiber> fibers = new ArrayList<>();
  private boolean ended;
  private @Nullable Fiber current;
  private long now;
  private long numbers;
  private long done;

  Simulation(long seed) {
    random = new Random(seed);
    tells = ONLY_SEED != null && ONLY_SEED == seed;
  }

  Random random() {
    return random;
  }

  /** Between two bounds, the upper one excluded. */
  long between(long low, long high) {
    return low + random.nextLong(high - low);
  }

  boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  long now() {
    return now;
  }

  /** The number of the event that happens now: a clock that no two moments share. */
  long moment() {
    return done;
  }

  Fiber current() {
    Fiber fiber = current;
    if (fiber == null) {
      throw new IllegalStateException("no fiber is at work");
    }
    return fiber;
  }

  /** Has something happen later. */
  void after(long micros, Runnable action) {
    events.add(new Event(now + micros, numbers++, action));
  }

  /** As {@link #after}; what it returns takes it back. */
  Runnable cancellable(long micros, Runnable action) {
    boolean[] off = new boolean[1];
    after(
        micros,
        () -> {
          if (!off[0]) {
            action.run();
          }
        });
    return () -> off[0] = true;
  }

  /** Tells what happens now, if one history alone is run. */
  void tell(Supplier<String> what) {
    if (tells) {
      System.out.printf("%7d us %6d: %s%n", now, done, what.get());
    }
  }

  void fail(Throwable failure) {
    failures.add(failure);
  }

  /**
   * Lets it all happen, until nothing is left to happen. Then the world ends, and its fibers. It
   * happens on a virtual thread, as between such the processor is given on at little cost.
   */
  void run() {
    List<Throwable> thrown = new ArrayList<>(1);
    Thread all =
        Thread.ofVirtual()
            .start(() -> {
              try {
                happen();
              } catch (RuntimeException | Error e) {
                thrown.add(e);
              }
            });
    boolean interrupted = false;
    while (all.isAlive()) {
      try {
        all.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    for (Throwable each : thrown) {
      throw new AssertionError(each.getMessage(), each);
    }
  }

  private void happen() {
    try {
      for (Event event = events.poll(); event != null; event = events.poll()) {
        now = event.at();
        done++;
        event.action().run();
        if (!failures.isEmpty()) {
          throw new AssertionError("at " + now + " us", failures.getFirst());
        }
        if (done > EVENTS_MOST) {
          throw new AssertionError("does not end");
        }
      }
    } finally {
      ended = true;
      // A thread that is parked for ever is one that the JVM keeps.
      List.copyOf(fibers).forEach(Fiber::run);
    }
  }
}
