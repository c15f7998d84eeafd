package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An event comes at the moment at which who waits is interrupted: it is reported by that wait or by
 * the next. All members are one-shot, so what was swallowed is not reported again.
 */
@Timeout(600)
class InterruptedWaitIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100_000 : 3_000;
  private static final int SPINS = 6000;
  private static final int MASK = EPOLLIN | EPOLLONESHOT;
  private static final Caller ME = Caller.ROOT;
  private static final byte[] ONE = {1, 0, 0, 0, 0, 0, 0, 0};

  private static void spin(int turns) {
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }

  /** What makes one of the members ready, and what makes it not so. */
  private interface Source {
    Member member();

    void put() throws Exception;

    void get() throws Exception;
  }

  private static Source of(Stream stream) {
    return new Source() {
      @Override
      public Member member() {
        return stream.member();
      }

      @Override
      public void put() {
        stream.write(1);
      }

      @Override
      public void get() {
        assertThat(stream.read(1)).isEqualTo(1);
      }
    };
  }

  /** By another session's handle of the same counter. */
  private static Source of(FileService other, long others, long counter) {
    return new Source() {
      @Override
      public Member member() {
        return Member.ofHandle(counter);
      }

      @Override
      public void put() throws ErrnoException {
        other.writeNext(ME, others, ByteBuffer.wrap(ONE.clone()));
      }

      @Override
      public void get() throws ErrnoException {
        other.readNext(ME, others, ByteBuffer.allocate(8));
      }
    };
  }

  @Test
  void eventAgainstInterrupt_isNeverSwallowed(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    try (Leader _ =
            Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
        FileService service = Client.connect(address, ClientOptions.DEFAULT);
        FileService other = Client.connect(address, ClientOptions.DEFAULT);
        Stream channel = Stream.ofPipe();
        Stream descriptor = Stream.ofDescriptors(Calls.pipe());
        EventSet set = EventSet.open(service, ME)) {
      long counter = service.eventfd(ME, 0, 0).handle();
      set.add(Member.ofHandle(counter), MASK, 0);
      set.add(channel.member(), MASK, 1);
      set.add(descriptor.member(), MASK, 2);
      long others = other.take(ME, service.share(ME, counter)).handle();
      Source[] sources = {of(other, others, counter), of(channel), of(descriptor)};
      Rounds rounds = new Rounds(set, sources);
      Map<String, Integer> ends = rounds.run();
      System.out.println("ends: " + ends);
      // Both ways, for each kind, or nothing was raced.
      assertThat(ends.keySet())
          .containsExactly(
              "0 after EINTR", "0 first", "1 after EINTR", "1 first", "2 after EINTR", "2 first");
    }
  }

  /** One thread waits, one makes an event, and the third interrupts. */
  private static final class Rounds {
    private final EventSet set;
    private final Source[] sources;
    private final CyclicBarrier barrier = new CyclicBarrier(3);
    private final Random random = new Random(3);
    private final int[] kinds = random.ints(ROUNDS, 0, 3).toArray();
    private final int[] early = random.ints(ROUNDS, 0, SPINS).toArray();
    private final int[] late = random.ints(ROUNDS, 0, SPINS).toArray();
    private final Map<String, Integer> ends = new TreeMap<>();
    private volatile Thread waiter = Thread.currentThread();

    Rounds(EventSet set, Source[] sources) {
      this.set = set;
      this.sources = sources;
    }

    private void meet() throws InterruptedException, BrokenBarrierException {
      barrier.await();
    }

    Map<String, Integer> run() throws Exception {
      Thread maker =
          start(round -> {
            spin(early[round]);
            sources[kinds[round]].put();
          });
      Thread interrupter =
          start(round -> {
            spin(late[round]);
            waiter.interrupt();
          });
      for (int round = 0; round < ROUNDS; round++) {
        meet();
        List<Event> events = List.of();
        try {
          events = set.await(4);
        } catch (ErrnoException e) {
          assertThat(e.errno()).isEqualTo(Errno.EINTR);
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }
        awaitInterrupt();
        meet(); // all have done theirs
        boolean first = !events.isEmpty();
        List<Event> all = first ? events : set.await(4, Duration.ZERO);
        assertThat(all).as("round %d", round).hasSize(1);
        assertThat(all.getFirst().data()).isEqualTo(kinds[round]);
        assertThat(set.await(4, Duration.ZERO)).isEmpty();
        ends.merge(kinds[round] + (first ? " first" : " after EINTR"), 1, Integer::sum);
        Source source = sources[kinds[round]];
        source.get();
        set.modify(source.member(), MASK, kinds[round]);
      }
      maker.join();
      interrupter.join();
      return ends;
    }

    private static void awaitInterrupt() {
      while (!Thread.interrupted()) {
        Thread.onSpinWait();
      }
    }

    private interface Part {
      void run(int round) throws Exception;
    }

    private Thread start(Part part) {
      return Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              for (int round = 0; round < ROUNDS; round++) {
                meet();
                part.run(round);
                meet();
              }
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
    }
  }
}
