package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.NOTIFY;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Ticket;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.file.Path;
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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events of several sessions at the same moment as that with which they may be confused: a member's
 * adding, the end of a wait's time, its flush. By edge, by one-shot and by notification, so that a
 * report which went astray would be missed.
 */
@Timeout(1_200)
class EventWireRaceIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100_000 : 600;
  private static final int[] WAYS = {EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, NOTIFY};
  private static final Caller ME = Caller.ROOT;
  private static final int DATA = 7;

  private final Random random = new Random(1);
  private final ExecutorService threads = Executors.newFixedThreadPool(3);
  private final CyclicBarrier start = new CyclicBarrier(2);
  private Leader leader;
  private FileService one;
  private FileService two;
  private FileService writer;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    Address address = new Address.Unix(socket.toString());
    one = Client.connect(address, ClientOptions.DEFAULT);
    two = Client.connect(address, ClientOptions.DEFAULT);
    writer = Client.connect(address, ClientOptions.DEFAULT);
  }

  @AfterEach
  void stop() throws Exception {
    threads.shutdownNow();
    for (FileService service : List.of(one, two, writer)) {
      service.close();
    }
    leader.close();
  }

  private long handOver(FileService from, long handle, FileService to) throws Exception {
    return to.take(ME, from.share(ME, handle)).handle();
  }

  /** Adds to a counter of the writer's, at the same time as what the caller does next. */
  private Future<Object> adding(long counter, int delayNanos) throws Exception {
    Future<Object> adding =
        threads.submit(() -> {
          start.await(60, SECONDS);
          pause(delayNanos);
          SharedSetIT.add(writer, counter, 1);
          return counter;
        });
    start.await(60, SECONDS);
    return adding;
  }

  private static void pause(int nanos) {
    if (nanos > 100_000) {
      LockSupport.parkNanos(nanos);
    } else {
      for (int i = nanos / 10; i > 0; i--) {
        Thread.onSpinWait();
      }
    }
  }

  private static int count(List<Event> events) {
    for (Event event : events) {
      assertThat(event.mask()).isEqualTo(EPOLLIN);
      assertThat(event.data()).isEqualTo(DATA);
    }
    return events.size();
  }

  // ---- a member is added while it becomes ready ----

  @Test
  void edge_againstAdding_isReportedOnce() throws Exception {
    long set = one.evset(ME).handle();
    long counter = one.eventfd(ME, 0, 0).handle();
    long theirs = handOver(one, counter, writer);
    for (int round = 0; round < ROUNDS; round++) {
      Wait wait = round % 2 == 0 ? Wait.at(one, set, -1) : null;
      Future<Object> adding = adding(theirs, random.nextInt(3_000));
      pause(random.nextInt(3_000));
      one.evctl(ME, set, Control.ADD, counter, EPOLLIN | EPOLLET, DATA);
      int reports = wait == null ? 0 : wait.reports();
      adding.get(60, SECONDS);
      int left = count(one.evwait(ME, set, 8, 0));
      // Who is told between the two halves of a change can be told of each half.
      assertThat(reports + left).as("round %d", round).isBetween(1, wait == null ? 1 : 2);
      assertThat(one.evwait(ME, set, 8, 0)).isEmpty();
      assertThat(SharedSetIT.take(one, counter)).isEqualTo(1);
      one.evctl(ME, set, Control.DEL, counter, 0, 0);
    }
  }

  // ---- an event, the end of the time, a flush ----

  /** A wait that was sent, and how it ended. */
  private record Wait(Ticket ticket, CompletableFuture<String> end) {
    static Wait at(FileService service, long set, int timeoutMs) {
      CompletableFuture<String> end = new CompletableFuture<>();
      Ticket ticket =
          service.submit(
              ME,
              new Operation.Evwait(set, 8, timeoutMs),
              new Completion<List<Event>>() {
                @Override
                public void done(List<Event> events) {
                  end.complete(count(events) == 0 ? "time" : "event");
                }

                @Override
                public void failed(Errno errno) {
                  end.complete(errno.name());
                }
              });
      return new Wait(ticket, end);
    }

    String ended() throws Exception {
      return end.get(60, SECONDS);
    }

    int reports() throws Exception {
      return ended().equals("event") ? 1 : 0;
    }
  }

  @Test
  void event_againstTheEndOfTheTimeAndFlush_isReportedOrLeft() throws Exception {
    Map<String, Integer> ends = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      int way = WAYS[round % WAYS.length];
      Raced raced = new Raced(way, one);
      raced.race(round / WAYS.length % 3, ends);
      raced.close();
    }
    System.out.println("one waits: " + ends);
    assertThat(ends.keySet()).contains("EINTR", "event", "time");
  }

  @Test
  void event_toASetOfTwoSessions_isReportedToOneOrLeft() throws Exception {
    Map<String, Integer> ends = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      int way = WAYS[round % WAYS.length];
      Raced raced = new Raced(way, one, two);
      raced.race(round / WAYS.length % 3, ends);
      raced.close();
    }
    System.out.println("two wait: " + ends);
    assertThat(ends.keySet()).contains("EINTR", "event", "time");
  }

  /** A set that one or two sessions wait at, and a counter that the writer adds to. */
  private final class Raced {
    private final List<FileService> sessions;
    private final List<Long> sets = new ArrayList<>();
    private final long counter;
    private final long theirs;

    Raced(int way, FileService... sessions) throws Exception {
      this.sessions = List.of(sessions);
      long set = one.evset(ME).handle();
      sets.add(set);
      for (int i = 1; i < sessions.length; i++) {
        sets.add(handOver(one, set, sessions[i]));
      }
      counter = one.eventfd(ME, 0, 0).handle();
      theirs = handOver(one, counter, writer);
      one.evctl(ME, set, Control.ADD, counter, EPOLLIN | way, DATA);
    }

    /**
     * One event.
     *
     * @param against 0 a flush, 1 the end of the time, 2 both
     */
    void race(int against, Map<String, Integer> ends) throws Exception {
      List<Wait> waits = new ArrayList<>();
      for (int i = 0; i < sessions.size(); i++) {
        waits.add(Wait.at(sessions.get(i), sets.get(i), against == 0 ? -1 : 1));
      }
      int moment = against == 0 ? 30_000 : 1_500_000;
      Future<Object> adding = adding(theirs, random.nextInt(moment));
      if (against != 1) {
        pause(random.nextInt(moment));
        for (Wait wait : waits.subList(0, 1 + random.nextInt(waits.size()))) {
          wait.ticket.cancel();
        }
      }
      adding.get(60, SECONDS);
      int reports = 0;
      for (Wait wait : waits) {
        wait.ticket.cancel(); // who waits on gets nothing more
        reports += wait.reports();
        ends.merge(wait.ended(), 1, Integer::sum);
      }
      reports += count(one.evwait(ME, sets.getFirst(), 8, 0));
      assertThat(reports).as("against %d, %s", against, ends).isEqualTo(1);
    }

    void close() throws Exception {
      for (int i = 0; i < sessions.size(); i++) {
        sessions.get(i).close(ME, sets.get(i));
      }
      one.close(ME, counter);
      writer.close(ME, theirs);
    }
  }
}
