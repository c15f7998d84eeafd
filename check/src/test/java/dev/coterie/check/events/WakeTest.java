package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Ticket;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.core.event.Counter;
import dev.coterie.core.event.EventCounter;
import dev.coterie.core.event.EventSet;
import dev.coterie.core.event.Opening;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Of those who wait at one set an event wakes one; and none waits while there is one left. */
class WakeTest {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100_000 : 3_000;
  private static final int EVENTS = 3;
  private static final int WAITS = 4;
  private static final Caller ROOT = Caller.ROOT;

  // ---- how many are woken ----

  private static EventCounter counter() {
    return new Counter(0, false).open(true, true);
  }

  @Test
  void event_wakesOneOfThoseWhoWait() throws Exception {
    EventSet set = new EventSet(new Object());
    EventCounter[] counters = {counter(), counter()};
    for (int i = 0; i < 2; i++) {
      set.add(new Opening(this, i), counters[i], EPOLLIN | EPOLLET, i);
    }
    List<String> log = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      assertThat(set.take(1, () -> log.add(name))).isEmpty();
    }
    counters[0].add(1, null);
    assertThat(log).containsExactly("a");
    counters[1].add(1, null); // before the first has taken anything
    assertThat(log).containsExactly("a", "b");
    assertThat(set.take(1, null)).hasSize(1); // leaves one, so the next is woken
    assertThat(log).containsExactly("a", "b", "c");
    assertThat(set.take(1, null)).hasSize(1);
    assertThat(set.take(1, () -> log.add("d"))).isEmpty();
    counters[0].add(1, null);
    set.passOn();
    assertThat(log).containsExactly("a", "b", "c", "d");
  }

  /** By level a member stays ready, so whoever takes a report of it wakes the next. */
  @Test
  void event_byLevel_wakesOneAfterTheOther() throws Exception {
    EventSet set = new EventSet(new Object());
    EventCounter counter = counter();
    set.add(new Opening(this, 1), counter, EPOLLIN, 1);
    List<String> log = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      assertThat(set.take(1, () -> log.add(name + set.take(1, null).size()))).isEmpty();
    }
    counter.add(1, null);
    assertThat(log).containsExactly("a1", "b1", "c1");
  }

  // ---- no wake-up is lost ----

  /** Who is cancelled between being woken and having its turn passes the turn on. */
  @Test
  void wakeOfOneWhoIsCancelled_goesToTheNext() throws Exception {
    try (Told told = new Told()) {
      Wait second = new Wait();
      // Told by the thread that wakes: what it adds wakes the second, whose turn comes behind it.
      Wait first =
          new Wait(() -> {
            told.add(1);
            second.ticket.cancel();
          });
      Wait third = new Wait();
      List.of(first, second, third).forEach(told::wait);
      told.add(0);
      assertThat(first.end()).isEqualTo("event");
      assertThat(second.end()).isEqualTo("EINTR");
      assertThat(third.end()).isEqualTo("event");
    }
  }

  /** Whose time ends while it is woken passes the turn on. */
  @Test
  void wakeOfOneWhoseTimeEnds_goesToTheNext() throws Exception {
    try (Told told = new Told()) {
      Wait first = new Wait(() -> told.add(0));
      Wait second = new Wait();
      List.of(first, second).forEach(told::wait);
      told.alarms.getFirst().run();
      assertThat(first.end()).isEqualTo("time");
      assertThat(second.end()).isEqualTo("event");
    }
  }

  /** A set with two counters, and time that goes by when the test says so. */
  private static final class Told implements AutoCloseable {
    final List<Runnable> alarms = new ArrayList<>();
    private final Vfs vfs;
    private final Session session;
    private final long set;
    private final long[] counters = new long[2];

    Told() throws Exception {
      vfs = new Vfs(config(alarms), Map.of("/", TmpFs.Options.defaults().factory()));
      session = vfs.openSession();
      set = session.evset(ROOT).handle();
      for (int i = 0; i < 2; i++) {
        counters[i] = session.eventfd(ROOT, 0, 0).handle();
        session.evctl(ROOT, set, Control.ADD, counters[i], EPOLLIN | EPOLLET, i);
      }
    }

    void wait(Wait wait) {
      wait.at(session, set);
    }

    void add(int which) {
      try {
        put(session, counters[which]);
      } catch (ErrnoException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      session.close();
      vfs.close();
    }
  }

  private static Vfs.Config config(List<Runnable> alarms) {
    return new Vfs.Config(
        InstantSource.system(),
        new Random(1),
        1,
        Barrier.OPEN,
        Limits.DENTRIES,
        (afterMs, action) -> {
          alarms.add(action);
          return () -> {};
        });
  }

  private static void put(Session session, long counter) throws ErrnoException {
    session.writeNext(ROOT, counter, ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 0, 0, 0, 0}));
  }

  /** Several wait, some give up at the moment at which events come: none is left beside a wait. */
  @Test
  @Timeout(300)
  void eventsAgainstGivingUp_leaveNoneBesideOneWhoWaits() throws Exception {
    Random random = new Random(3);
    Map<String, Integer> ends = new TreeMap<>();
    List<Runnable> alarms = new ArrayList<>();
    try (Vfs vfs = new Vfs(config(alarms), Map.of("/", TmpFs.Options.defaults().factory()));
        Session one = vfs.openSession();
        Session two = vfs.openSession();
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < ROUNDS; round++) {
        alarms.clear();
        round(one, two, alarms, threads, random, ends);
      }
    }
    System.out.println("ends: " + ends);
    assertThat(ends.keySet()).containsExactly("EINTR", "event", "time", "waits");
  }

  private static void round(
      Session one,
      Session two,
      List<Runnable> alarms,
      ExecutorService threads,
      Random random,
      Map<String, Integer> ends)
      throws Exception {
    long set = one.evset(ROOT).handle();
    long theirs = two.take(ROOT, one.share(ROOT, set)).handle();
    long[] counters = new long[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
      counters[i] = one.eventfd(ROOT, 0, 0).handle();
      one.evctl(ROOT, set, Control.ADD, counters[i], EPOLLIN | EPOLLET, i);
    }
    List<Wait> waits = new ArrayList<>();
    for (int i = 0; i < WAITS; i++) {
      Wait wait = new Wait();
      waits.add(wait);
      wait.at(i % 2 == 0 ? one : two, i % 2 == 0 ? set : theirs);
    }
    int given = 1 + random.nextInt(WAITS - 1);
    int first = random.nextInt(WAITS);
    CyclicBarrier start = new CyclicBarrier(2);
    Future<?> giving =
        threads.submit(() -> {
          start.await(60, SECONDS);
          for (int i = 0; i < given; i++) {
            int which = (first + i) % WAITS;
            if (i % 2 == 0) {
              alarms.get(which).run();
            } else {
              waits.get(which).ticket.cancel();
            }
          }
          return null;
        });
    Future<?> adding =
        threads.submit(() -> {
          start.await(60, SECONDS);
          for (long counter : counters) {
            put(one, counter);
          }
          return null;
        });
    giving.get(60, SECONDS);
    adding.get(60, SECONDS);
    int reports = 0;
    boolean oneWaits = false;
    for (Wait wait : waits) {
      ends.merge(wait.end(), 1, Integer::sum);
      reports += wait.end().equals("event") ? 1 : 0;
      oneWaits |= wait.end().equals("waits");
    }
    int left = one.evwait(ROOT, set, 8, 0).size();
    assertThat(reports + left).isEqualTo(EVENTS);
    assertThat(oneWaits && left > 0).as("%d left beside one who waits", left).isFalse();
    waits.forEach(wait -> wait.ticket.cancel());
    one.close(ROOT, set);
    two.close(ROOT, theirs);
    for (long counter : counters) {
      one.close(ROOT, counter);
    }
  }

  /** A wait for one event, and how it ended. */
  private static final class Wait implements Completion<List<Event>> {
    private Ticket ticket = Ticket.DONE;
    private String end = "waits"; // guarded by this

    private final Runnable then; // by who ended it

    Wait() {
      this(() -> {});
    }

    Wait(Runnable then) {
      this.then = then;
    }

    void at(Session session, long set) {
      ticket = session.submit(ROOT, new Operation.Evwait(set, 1, 1000), this);
    }

    @Override
    public void done(List<Event> events) {
      synchronized (this) {
        end = events.isEmpty() ? "time" : "event";
      }
      then.run();
    }

    @Override
    public synchronized void failed(Errno errno) {
      end = errno.name();
    }

    synchronized String end() {
      return end;
    }
  }
}
