package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Token;
import dev.coterie.client.FakeLeader.Pair;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many threads, many operations, replies in any order, interrupts at any time: every call ends with
 * its own answer, and in the end every fid was given back.
 */
@Timeout(120)
class StressTest {
  private static final Caller ME = Caller.ROOT;
  private static final int INODES = 5; // few, so that threads meet at one
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  private final Path dir;

  StressTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 0", "2, 0, 0", "8, 0, 0", "8, 0, 1", "3, 2, 1", "0, 4, 0", "16, 4, 1"})
  void operations_ofManyThreads_endWithTheirOwnAnswers(
      int waiting, int submitting, int interrupting) throws Exception {
    long seed = Long.getLong("coterie.seed", new Random().nextLong());
    int rounds = FULL ? 20_000 : 1500;
    try (FakeLeader leader = new FakeLeader(dir);
        Pair pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME))) {
      ModelLeader model = new ModelLeader(pair.peer(), seed);
      pair.client().root(ME);
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> threads = new ArrayList<>();
      List<FutureTask<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < waiting; i++) {
        Random random = new Random(seed + i);
        tasks.add(new FutureTask<>(() -> new Waiter(pair.client(), random).run(rounds)));
      }
      for (int i = 0; i < submitting; i++) {
        Random random = new Random(seed - i - 1);
        tasks.add(new FutureTask<>(() -> submitMany(pair.client(), random, rounds)));
      }
      tasks.forEach(task -> threads.add(Thread.ofPlatform().daemon().start(task)));
      FutureTask<Boolean> chaos =
          interrupting == 0
              ? new FutureTask<>(() -> true)
              : new FutureTask<>(() -> interruptAny(threads.subList(0, waiting), over, seed));
      Thread.ofPlatform().daemon().start(chaos);
      for (FutureTask<Boolean> task : tasks) {
        assertThat(task.get()).describedAs("seed %d", seed).isTrue();
      }
      over.set(true);
      chaos.get();
      pair.client().forget(ME, id(1), 1);
      while (model.fidCount() > 1 && model.fault() == null) {
        LockSupport.parkNanos(1_000_000); // the last clunks come by themselves
      }
      assertThat(model.fault()).describedAs("seed %d", seed).isNull();
    }
  }

  private static boolean interruptAny(List<Thread> threads, AtomicBoolean over, long seed) {
    Random random = new Random(~seed);
    while (!over.get()) {
      threads.get(random.nextInt(threads.size())).interrupt();
      LockSupport.parkNanos(random.nextInt(200_000));
    }
    return true;
  }

  /** One thread that calls and waits. */
  private static final class Waiter {
    private static final AtomicLong offsets = new AtomicLong();

    private final Client client;
    private final Random random;
    private final List<InodeId> looked = new ArrayList<>();
    private final List<Long> handles = new ArrayList<>();

    Waiter(Client client, Random random) {
      this.client = client;
      this.random = random;
    }

    boolean run(int rounds) throws ErrnoException {
      for (int i = 0; i < rounds; i++) {
        try {
          step();
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EINTR && e.errno() != Errno.ENOENT) {
            throw e;
          }
        }
        if (random.nextInt(4) > 0) {
          Thread.interrupted();
        }
      }
      for (InodeId id : looked) {
        client.forget(ME, id, 1);
      }
      for (long handle : handles) {
        client.close(ME, handle);
      }
      return true;
    }

    private void step() throws ErrnoException {
      switch (random.nextInt(9)) {
        case 0, 1 -> {
          int number = 2 + random.nextInt(INODES);
          Stat stat = client.lookup(ME, id(1), Name.of(Integer.toString(number)));
          looked.add(stat.id());
          assertThat(stat.id()).isEqualTo(id(number));
        }
        case 2 -> {
          if (!looked.isEmpty()) {
            client.forget(ME, looked.remove(random.nextInt(looked.size())), 1);
          }
        }
        case 3 -> {
          if (!looked.isEmpty()) {
            InodeId id = looked.get(random.nextInt(looked.size()));
            assertThat(client.getattr(ME, id).id()).isEqualTo(id);
          }
        }
        case 4 -> {
          if (!looked.isEmpty()) {
            InodeId id = looked.get(random.nextInt(looked.size()));
            handles.add(client.open(ME, id, 2).handle());
          }
        }
        case 5 -> {
          Operation.Opened taken = client.take(ME, new Token(0, 2 + random.nextInt(INODES)));
          handles.add(taken.handle());
          assertThat(client.getattr(ME, taken.stat().id()).id()).isEqualTo(taken.stat().id());
        }
        case 6 -> {
          if (!handles.isEmpty()) {
            client.close(ME, handles.remove(random.nextInt(handles.size())));
          }
        }
        case 7 -> {
          if (!handles.isEmpty()) {
            read(handles.get(random.nextInt(handles.size())), 8 + random.nextInt(100_000));
          }
        }
        default -> {
          if (!handles.isEmpty()) {
            write(handles.get(random.nextInt(handles.size())), 8 + random.nextInt(100_000));
          }
        }
      }
    }

    private void read(long handle, int bytes) throws ErrnoException {
      long offset = offsets.incrementAndGet();
      ByteBuffer buffer = ByteBuffer.allocate(bytes);
      assertThat(client.read(ME, handle, offset, buffer)).isEqualTo(bytes);
      assertThat(buffer.getLong(0)).isEqualTo(offset);
    }

    private void write(long handle, int bytes) throws ErrnoException {
      long offset = offsets.incrementAndGet();
      ByteBuffer buffer = ByteBuffer.allocate(bytes).putLong(0, offset);
      assertThat(client.write(ME, handle, offset, buffer)).isEqualTo(bytes);
    }
  }

  /** One thread that submits, up to 20 at a time, and cancels some. */
  private static boolean submitMany(Client client, Random random, int rounds) throws Exception {
    Semaphore under = new Semaphore(20);
    AtomicLong wrong = new AtomicLong();
    for (int i = 0; i < rounds; i++) {
      under.acquire();
      AtomicBoolean ended = new AtomicBoolean();
      Ticket ticket =
          client.submit(
              ME,
              new Operation.Getattr(id(1)),
              new Completion<Stat>() {
                @Override
                public void done(Stat result) {
                  end(result.id().equals(id(1)));
                }

                @Override
                public void failed(Errno errno) {
                  end(errno == Errno.EINTR);
                }

                private void end(boolean right) {
                  if (!right || ended.getAndSet(true)) {
                    wrong.incrementAndGet();
                  }
                  under.release();
                }
              });
      if (random.nextInt(5) == 0) {
        ticket.cancel();
      }
    }
    under.acquire(20);
    return wrong.get() == 0;
  }
}
