package dev.coterie.check.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.LockReport;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A holder lets go at the moment when who waits gives up, very often: whoever wins, the locks are
 * as the answers say.
 */
@Timeout(900)
abstract class GrantAgainstCancelSuite {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100_000 : 1000;

  /** Between the two, each waits for up to so many turns of a loop: about what a message takes. */
  private static final int SPINS = 2000;

  /** One more session of the tree. */
  abstract FileService session() throws IOException;

  /** A process with the file open. */
  private record Member(FileService service, long handle) {
    static Member of(FileService service) throws ErrnoException {
      Name name = Name.of("f");
      int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
      return new Member(
          service,
          service.create(Caller.ROOT, service.root(Caller.ROOT).id(), name, flags, 0600).handle());
    }

    void lock(RangeLock.Type type) throws ErrnoException {
      service.lock(Caller.ROOT, handle, RangeLock.whole(RangeLock.Kind.POSIX, type), false);
    }

    LockReport report() throws ErrnoException {
      return LockReport.of(
          service.getxattr(Caller.ROOT, service.root(Caller.ROOT).id(), LockReport.ATTRIBUTE));
    }
  }

  /** How a wait ended, and when. */
  private static final class End implements Completion<Operation.Done> {
    final CountDownLatch over = new CountDownLatch(1);
    volatile @Nullable Errno errno;
    volatile long nanos;

    @Override
    public void done(Operation.Done result) {
      nanos = System.nanoTime();
      over.countDown();
    }

    @Override
    public void failed(Errno error) {
      errno = error;
      done(Operation.Done.DONE);
    }
  }

  private static void spin(int turns) {
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }

  @Test
  void everyRound_hasOneWinner() throws Exception {
    Random random = new Random(1);
    CyclicBarrier start = new CyclicBarrier(2);
    long[] returned = new long[ROUNDS];
    int granted = 0;
    try (FileService first = session();
        FileService second = session();
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      Member holder = Member.of(first);
      Member waiter = Member.of(second);
      for (int round = 0; round < ROUNDS; round++) {
        holder.lock(RangeLock.Type.WRITE);
        End end = new End();
        RangeLock wanted = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
        Ticket ticket =
            second.submit(Caller.ROOT, new Operation.Lock(waiter.handle, wanted, true), end);
        second.root(Caller.ROOT); // answered behind it: it waits
        int early = random.nextInt(SPINS);
        Future<?> letsGo =
            other.submit(() -> {
              start.await();
              spin(early);
              holder.lock(RangeLock.Type.UNLOCK);
              return null;
            });
        int late = random.nextInt(SPINS);
        start.await();
        spin(late);
        long cancelled = System.nanoTime();
        ticket.cancel();
        assertThat(end.over.await(60, TimeUnit.SECONDS)).as("round %d", round).isTrue();
        returned[round] = Math.max(0, end.nanos - cancelled);
        letsGo.get();
        boolean won = end.errno == null;
        assertThat(end.errno).as("round %d", round).isIn(null, Errno.EINTR);
        granted += won ? 1 : 0;
        check(holder, won, round);
        waiter.lock(RangeLock.Type.UNLOCK);
        if (won) {
          check(holder, false, round);
        }
      }
      assertThat(holder.report().deadlocks()).isZero();
    }
    // The run was one that could find something.
    assertThat(granted).isBetween(1, ROUNDS - 1);
    Arrays.sort(returned);
    System.out.printf(
        "%s: %,d rounds, %,d granted; from cancel to return: half %.1f us, 99 %% %.1f us, all %.1f"
            + " us%n",
        getClass().getSimpleName(),
        ROUNDS,
        granted,
        returned[ROUNDS / 2] / 1e3,
        returned[(int) (ROUNDS * 0.99)] / 1e3,
        returned[ROUNDS - 1] / 1e3);
  }

  /** There is one holder, or none, and nobody waits. */
  private static void check(Member holder, boolean held, int round) throws ErrnoException {
    List<LockReport.File> files = holder.report().files();
    int holders = files.stream().mapToInt(file -> file.held().size()).sum();
    int waiting = files.stream().mapToInt(file -> file.waits().size()).sum();
    assertThat(List.of(holders, waiting))
        .as("holders and waiting in round %d", round)
        .isEqualTo(List.of(held ? 1 : 0, 0));
  }
}
