package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
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
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An event, the end of the time and a cancel come at the same moment to one who waits: it ends
 * once, and the edge is reported to it or is still there.
 */
class EventRaceTest {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100_000 : 3_000;
  private static final int BEGINNINGS = 10 * ROUNDS;
  private static final Caller ROOT = Caller.ROOT;

  @Test
  @Timeout(300)
  void eventAgainstTimeAgainstCancel_oneWinsAndNothingIsLost() throws Exception {
    AtomicReference<Runnable> alarm = new AtomicReference<>();
    Vfs.Config config =
        new Vfs.Config(
            InstantSource.system(),
            new Random(1),
            1,
            Barrier.OPEN,
            Limits.DENTRIES,
            (afterMs, action) -> {
              alarm.set(action);
              return () -> {};
            });
    Map<String, Integer> ends = new TreeMap<>();
    try (Vfs vfs = new Vfs(config, Map.of("/", TmpFs.Options.defaults().factory()));
        Session session = vfs.openSession();
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (int round = 0; round < ROUNDS; round++) {
        ends.merge(round(session, alarm, threads), 1, Integer::sum);
      }
    }
    System.out.println("ends: " + ends);
    assertThat(ends.keySet()).containsExactly("EINTR", "event", "nothing");
  }

  /** The event comes while one begins to wait, or before, or after: it is never missed. */
  @Test
  @Timeout(300)
  void eventAgainstBeginningToWait_isNeverMissed() throws Exception {
    try (Vfs vfs =
            new Vfs(
                new Vfs.Config(InstantSource.system(), new Random(1), 1),
                Map.of("/", TmpFs.Options.defaults().factory()));
        Session session = vfs.openSession();
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      long set = session.evset(ROOT).handle();
      long counter = session.eventfd(ROOT, 0, 0).handle();
      session.evctl(ROOT, set, Control.ADD, counter, EPOLLIN | EPOLLET, 7);
      CyclicBarrier start = new CyclicBarrier(2);
      Future<?> waiting =
          threads.submit(() -> {
            for (int round = 0; round < BEGINNINGS; round++) {
              start.await(60, TimeUnit.SECONDS);
              assertThat(session.evwait(ROOT, set, 4, -1)).hasSize(1);
            }
            return null;
          });
      for (int round = 0; round < BEGINNINGS; round++) {
        start.await(60, TimeUnit.SECONDS);
        for (int i = round % 64; i > 0; i--) {
          Thread.onSpinWait();
        }
        put(session, counter);
      }
      waiting.get(60, TimeUnit.SECONDS);
    }
  }

  private static void put(Session session, long counter) throws ErrnoException {
    byte[] one = {1, 0, 0, 0, 0, 0, 0, 0};
    session.writeNext(ROOT, counter, ByteBuffer.wrap(one));
  }

  private static String round(
      Session session, AtomicReference<Runnable> alarm, ExecutorService threads) throws Exception {
    long set = session.evset(ROOT).handle();
    long counter = session.eventfd(ROOT, 0, 0).handle();
    session.evctl(ROOT, set, Control.ADD, counter, EPOLLIN | EPOLLET, 7);
    CompletableFuture<String> end = new CompletableFuture<>();
    Ticket ticket = session.submit(ROOT, new Operation.Evwait(set, 4, 1000), ending(end));
    CyclicBarrier start = new CyclicBarrier(3);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int which = i;
      all.add(
          threads.submit(() -> {
            start.await(60, TimeUnit.SECONDS);
            switch (which) {
              case 0 -> put(session, counter);
              case 1 -> alarm.get().run();
              default -> ticket.cancel();
            }
            return null;
          }));
    }
    for (Future<?> one : all) {
      one.get(60, TimeUnit.SECONDS);
    }
    String how = end.get(60, TimeUnit.SECONDS);
    List<Event> left = session.evwait(ROOT, set, 4, 0);
    assertThat(left).as(how).hasSize(how.equals("event") ? 0 : 1);
    session.close(ROOT, set);
    session.close(ROOT, counter);
    return how;
  }

  private static Completion<List<Event>> ending(CompletableFuture<String> end) {
    return new Completion<>() {
      @Override
      public void done(List<Event> events) {
        assertThat(end.complete(events.isEmpty() ? "nothing" : "event")).isTrue();
      }

      @Override
      public void failed(Errno errno) {
        assertThat(end.complete(errno.name())).isTrue();
      }
    };
  }
}
