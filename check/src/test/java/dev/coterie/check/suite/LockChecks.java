package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.api.RangeLock.Kind.FLOCK;
import static dev.coterie.api.RangeLock.Kind.OFD;
import static dev.coterie.api.RangeLock.Kind.POSIX;
import static dev.coterie.api.RangeLock.Type.READ;
import static dev.coterie.api.RangeLock.Type.UNLOCK;
import static dev.coterie.api.RangeLock.Type.WRITE;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Locks of files: whose they are, when they end, who waits and for how long. */
interface LockChecks extends Checks {
  private static RangeLock posix(RangeLock.Type type, long start, long length) {
    return new RangeLock(POSIX, type, start, length, 0);
  }

  private static RangeLock of(long owner, RangeLock.Type type, long start, long length) {
    return new RangeLock(POSIX, type, start, length, owner);
  }

  private static void lock(Actor one, long handle, RangeLock lock) throws ErrnoException {
    one.service().lock(one.caller(), handle, lock, false);
  }

  private static void busy(Actor one, long handle, RangeLock lock) {
    fails(Errno.EAGAIN, () -> lock(one, handle, lock));
  }

  /** What stands in the way of a write lock on the whole file. */
  private static FoundLock found(Actor one, long handle) throws ErrnoException {
    return one.service().getLock(one.caller(), handle, posix(WRITE, 0, 0));
  }

  /** A lock that is waited for; how it ended. */
  record Wanted(Ticket ticket, CompletableFuture<String> end) {
    static Wanted of(Actor one, long handle, RangeLock lock) throws ErrnoException {
      Wanted wanted = send(one, handle, lock);
      one.service().root(one.caller()); // answered behind it: it is in the queue, or over
      return wanted;
    }

    static Wanted send(Actor one, long handle, RangeLock lock) {
      CompletableFuture<String> end = new CompletableFuture<>();
      Ticket ticket =
          one.service()
              .submit(
                  one.caller(),
                  new Operation.Lock(handle, lock, true),
                  new Completion<Operation.Done>() {
                    @Override
                    public void done(Operation.Done result) {
                      end.complete("granted");
                    }

                    @Override
                    public void failed(Errno errno) {
                      end.complete(errno.name());
                    }
                  });
      return new Wanted(ticket, end);
    }

    String ended() throws Exception {
      return end.get(60, TimeUnit.SECONDS);
    }

    boolean waits() {
      return !end.isDone();
    }
  }

  // ---- what conflicts ----

  @Test
  default void lock_ofTwoProcesses_excludesWriters() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, posix(READ, 0, 10));
    lock(other, theirs, posix(READ, 5, 10));
    busy(other, theirs, posix(WRITE, 9, 1));
    lock(other, theirs, posix(WRITE, 10, 1));
    busy(one, mine, posix(READ, 10, 1));
    lock(one, mine, posix(UNLOCK, 0, 10));
    lock(other, theirs, posix(WRITE, 0, 0));
  }

  @Test
  default void getLock_saysWhatStandsInTheWay() throws ErrnoException {
    Actor one = process(ALICE);
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    assertThat(found(other, theirs)).isEqualTo(new FoundLock(UNLOCK, 0, 0, 0));
    lock(one, mine, posix(WRITE, 100, 50));
    lock(one, mine, posix(WRITE, 150, 50));
    assertThat(found(other, theirs)).isEqualTo(new FoundLock(WRITE, 100, 100, ALICE.pid()));
    assertThat(found(one, mine).type()).isEqualTo(UNLOCK);
    lock(one, mine, posix(UNLOCK, 120, 10));
    lock(one, mine, posix(READ, 130, 0));
    FoundLock third =
        other.service().getLock(other.caller(), theirs, posix(WRITE, 125, Long.MAX_VALUE - 125));
    assertThat(third).isEqualTo(new FoundLock(READ, 130, 0, ALICE.pid()));
  }

  @Test
  default void lock_ofProcessesOfOneSession_isEachOnesOwn() throws ErrnoException {
    Actor gate = root();
    long mine = gate.make("/f");
    long theirs = gate.open("/f", O_RDWR);
    lock(gate, mine, of(11, WRITE, 0, 0));
    busy(gate, theirs, of(12, READ, 0, 1));
    lock(gate, theirs, of(11, READ, 0, 1));
    lock(gate, mine, of(12, READ, 0, 1));
  }

  @Test
  default void lock_ofAHandle_conflictsWithAnotherOfTheSameProcess() throws ErrnoException {
    Actor one = root();
    long first = one.make("/f");
    long second = one.open("/f", O_RDWR);
    lock(one, first, new RangeLock(OFD, WRITE, 0, 0, 0));
    busy(one, second, new RangeLock(OFD, READ, 5, 1, 0));
    busy(one, first, posix(READ, 5, 1));
    assertThat(found(one, second)).isEqualTo(new FoundLock(WRITE, 0, 0, -1));
  }

  @Test
  default void flock_knowsNothingOfTheOthers() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDONLY);
    lock(one, mine, RangeLock.whole(FLOCK, WRITE));
    lock(other, theirs, posix(READ, 0, 0));
    busy(other, theirs, RangeLock.whole(FLOCK, READ));
    lock(one, mine, RangeLock.whole(FLOCK, READ));
    lock(other, theirs, RangeLock.whole(FLOCK, READ));
  }

  /** Who waits does not come in between, as long as nobody else holds the file. */
  @Test
  default void flock_thatCanBeConverted_isNeverLost() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, RangeLock.whole(FLOCK, WRITE));
    Wanted wanted = Wanted.of(other, theirs, RangeLock.whole(FLOCK, WRITE));
    lock(one, mine, RangeLock.whole(FLOCK, READ));
    lock(one, mine, RangeLock.whole(FLOCK, WRITE));
    assertThat(wanted.waits()).isTrue();
    lock(one, mine, RangeLock.whole(FLOCK, UNLOCK));
    assertThat(wanted.ended()).isEqualTo("granted");
  }

  @Test
  default void flock_thatCannotBeConverted_isLost() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDONLY);
    lock(one, mine, RangeLock.whole(FLOCK, READ));
    lock(other, theirs, RangeLock.whole(FLOCK, READ));
    busy(one, mine, RangeLock.whole(FLOCK, WRITE));
    lock(other, theirs, RangeLock.whole(FLOCK, WRITE));
  }

  @Test
  default void lock_needsTheRightMode() throws ErrnoException {
    Actor one = root();
    one.file("/f", "x");
    long reader = one.open("/f", O_RDONLY);
    long writer = one.open("/f", O_WRONLY);
    fails(Errno.EBADF, () -> lock(one, reader, posix(WRITE, 0, 1)));
    fails(Errno.EBADF, () -> lock(one, writer, posix(READ, 0, 1)));
    lock(one, reader, posix(READ, 0, 1));
    lock(one, writer, posix(WRITE, 0, 1));
    lock(one, reader, RangeLock.whole(FLOCK, WRITE));
    fails(Errno.EBADF, () -> lock(one, 1L << 40, posix(READ, 0, 1)));
    fails(Errno.EBADF, () -> found(one, 1L << 40));
  }

  @Test
  default void lock_ofNoRange_isRefused() throws ErrnoException {
    Actor one = root();
    long mine = one.make("/f");
    for (RangeLock bad : List.of(posix(READ, -1, 5), posix(UNLOCK, 0, -1))) {
      fails(Errno.EINVAL, () -> lock(one, mine, bad));
      fails(Errno.EINVAL, () -> one.service().getLock(one.caller(), mine, bad));
    }
    RangeLock tooFar = posix(READ, 2, Long.MAX_VALUE);
    fails(Errno.EOVERFLOW, () -> lock(one, mine, tooFar));
    fails(Errno.EOVERFLOW, () -> one.service().getLock(one.caller(), mine, tooFar));
    lock(one, mine, posix(READ, 1, Long.MAX_VALUE));
  }

  // ---- when they end ----

  @Test
  default void posixLocks_endWithAnyCloseOfTheProcess() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, posix(WRITE, 0, 0));
    one.close(one.open("/f", O_RDONLY));
    lock(other, theirs, posix(WRITE, 0, 0));
  }

  @Test
  default void posixLocks_ofAProcessBehindAGate_endWithTheHandleTheyWereTakenBy()
      throws ErrnoException {
    Actor gate = root();
    long mine = gate.make("/f");
    long second = gate.open("/f", O_RDWR);
    lock(gate, mine, of(11, WRITE, 0, 0));
    gate.close(second);
    long third = gate.open("/f", O_RDWR);
    busy(gate, third, of(12, WRITE, 0, 0));
    gate.close(mine);
    lock(gate, third, of(12, WRITE, 0, 0));
  }

  @Test
  default void locksOfAHandle_endWithItsLastReference() throws ErrnoException {
    Actor one = root();
    Actor child = root();
    Actor other = root();
    long mine = one.make("/f");
    long inherited =
        child.service().take(child.caller(), one.service().share(one.caller(), mine)).handle();
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, RangeLock.whole(OFD, WRITE));
    lock(one, mine, RangeLock.whole(FLOCK, WRITE));
    one.service().close();
    busy(other, theirs, RangeLock.whole(OFD, READ));
    busy(other, theirs, RangeLock.whole(FLOCK, READ));
    child.close(inherited);
    lock(other, theirs, RangeLock.whole(OFD, WRITE));
    lock(other, theirs, RangeLock.whole(FLOCK, WRITE));
  }

  @Test
  default void locksOfASession_endWithIt() throws Exception {
    Actor one = root();
    Actor other = root();
    lock(one, one.make("/f"), posix(WRITE, 0, 0));
    long theirs = other.open("/f", O_RDWR);
    Wanted wanted = Wanted.of(other, theirs, posix(READ, 7, 7));
    assertThat(wanted.waits()).isTrue();
    one.service().close();
    assertThat(wanted.ended()).isEqualTo("granted");
  }

  @Test
  default void lock_staysWithTheInode() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, posix(WRITE, 0, 0));
    one.rename("/f", "/g");
    busy(other, theirs, posix(READ, 0, 1));
    one.unlink("/g");
    busy(other, theirs, posix(READ, 0, 1));
    lock(other, other.make("/f"), posix(WRITE, 0, 0));
    lock(one, mine, posix(UNLOCK, 0, 0));
    lock(other, theirs, posix(READ, 0, 1));
  }

  @Test
  default void locks_ofOneSession_areBounded() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    List<Wanted> last = new ArrayList<>();
    for (int i = 0; i < Limits.LOCKS_PER_SESSION; i++) {
      last.add(Wanted.send(one, mine, posix(WRITE, 2L * i, 1)));
      if (last.size() == 500 || i == Limits.LOCKS_PER_SESSION - 1) {
        for (Wanted wanted : last) {
          assertThat(wanted.ended()).isEqualTo("granted");
        }
        last.clear();
      }
    }
    fails(Errno.ENOLCK, () -> lock(one, mine, posix(WRITE, 1L << 40, 1)));
    Actor other = root();
    lock(other, other.open("/f", O_RDWR), posix(WRITE, 1L << 40, 1));
    lock(one, mine, posix(UNLOCK, 0, 1));
    lock(one, mine, posix(WRITE, 1L << 41, 1));
  }

  // ---- waiting ----

  @Test
  default void waits_areServedInTheirOrder() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    lock(one, mine, posix(WRITE, 0, 0));
    Actor second = root();
    Actor third = root();
    long handle2 = second.open("/f", O_RDWR);
    long handle3 = third.open("/f", O_RDWR);
    Wanted first = Wanted.of(second, handle2, posix(WRITE, 0, 0));
    Wanted next = Wanted.of(third, handle3, posix(WRITE, 0, 0));
    lock(one, mine, posix(UNLOCK, 0, 0));
    assertThat(first.ended()).isEqualTo("granted");
    assertThat(next.waits()).isTrue();
    lock(second, handle2, posix(UNLOCK, 0, 0));
    assertThat(next.ended()).isEqualTo("granted");
  }

  @Test
  default void wait_thatIsCancelled_leavesNoLock() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, posix(WRITE, 0, 0));
    Wanted wanted = Wanted.of(other, theirs, posix(WRITE, 0, 0));
    wanted.ticket().cancel();
    assertThat(wanted.ended()).isEqualTo("EINTR");
    lock(one, mine, posix(UNLOCK, 0, 0));
    assertThat(found(one, mine).type()).isEqualTo(UNLOCK);
  }

  /** Whoever won, the locks are as the answers say. */
  @Test
  default void grantAgainstCancel_hasOneWinner() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    for (int round = 0; round < 300; round++) {
      lock(one, mine, posix(WRITE, 0, 0));
      Wanted wanted = Wanted.of(other, theirs, posix(WRITE, 0, 0));
      Checks.together(
          2,
          i -> {
            if (i == 0) {
              lock(one, mine, posix(UNLOCK, 0, 0));
            } else {
              wanted.ticket().cancel();
            }
            return 0;
          });
      boolean won = wanted.ended().equals("granted");
      assertThat(found(one, mine).type()).isEqualTo(won ? WRITE : UNLOCK);
      lock(other, theirs, posix(UNLOCK, 0, 0));
    }
  }

  @Test
  default void wait_throughAHandleThatIsClosed_isEbadf() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    lock(one, mine, posix(WRITE, 0, 0));
    long theirs = other.open("/f", O_RDWR);
    Wanted wanted = Wanted.of(other, theirs, posix(WRITE, 0, 0));
    other.close(theirs);
    assertThat(wanted.ended()).isEqualTo("EBADF");
    lock(one, mine, posix(UNLOCK, 0, 0));
    assertThat(found(one, mine).type()).isEqualTo(UNLOCK);
  }

  @Test
  default void cycleOfThree_isEdeadlkForTheLast() throws Exception {
    Actor[] actors = {root(), root(), root()};
    long[][] handles = new long[3][3];
    for (int file = 0; file < 3; file++) {
      actors[0].file("/f" + file, "");
    }
    for (int i = 0; i < 3; i++) {
      for (int file = 0; file < 3; file++) {
        handles[i][file] = actors[i].open("/f" + file, O_RDWR);
      }
      lock(actors[i], handles[i][i], posix(WRITE, 0, 0));
    }
    Wanted first = Wanted.of(actors[0], handles[0][1], posix(WRITE, 0, 0));
    Wanted second = Wanted.of(actors[1], handles[1][2], posix(READ, 3, 3));
    Wanted third = Wanted.of(actors[2], handles[2][0], posix(WRITE, 0, 1));
    assertThat(third.ended()).isEqualTo("EDEADLK");
    assertThat(first.waits()).isTrue();
    assertThat(second.waits()).isTrue();
    actors[2].service().close();
    assertThat(second.ended()).isEqualTo("granted");
  }

  @Test
  default void upgradeOfTwo_isEdeadlkForTheSecond() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(one, mine, posix(READ, 0, 0));
    lock(other, theirs, posix(READ, 0, 0));
    Wanted first = Wanted.of(one, mine, posix(WRITE, 0, 0));
    Wanted second = Wanted.of(other, theirs, posix(WRITE, 0, 0));
    assertThat(second.ended()).isEqualTo("EDEADLK");
    assertThat(first.waits()).isTrue();
    lock(other, theirs, posix(UNLOCK, 0, 0));
    assertThat(first.ended()).isEqualTo("granted");
  }

  /** Readers who come all the time do not keep a writer waiting for ever. */
  @Test
  default void writer_isNotOvertakenWithoutEnd() throws Exception {
    Actor writer = root();
    long mine = writer.make("/f");
    Actor reader = root();
    long theirs = reader.open("/f", O_RDWR);
    lock(reader, theirs, of(1, READ, 0, 0));
    Wanted wanted = Wanted.of(writer, mine, posix(WRITE, 0, 0));
    Wanted behind = null;
    int overtook = 0;
    for (int owner = 2; behind == null && owner < 1000; owner++) {
      Actor process = reader.as(reader.caller().withPid(owner));
      Wanted next = Wanted.of(process, theirs, of(owner, READ, 0, 0));
      if (next.waits()) {
        behind = next;
      } else {
        overtook++;
      }
    }
    if (behind == null) {
      throw new AssertionError("nobody had to wait behind the writer");
    }
    assertThat(overtook).isPositive();
    for (int owner = 1; owner <= overtook + 1; owner++) {
      lock(reader, theirs, of(owner, UNLOCK, 0, 0));
    }
    assertThat(wanted.ended()).isEqualTo("granted");
    assertThat(behind.waits()).isTrue();
    lock(writer, mine, posix(UNLOCK, 0, 0));
    assertThat(behind.ended()).isEqualTo("granted");
  }

  @Test
  default void lock_ofAnEndedSession_isRefused() throws ErrnoException {
    Actor one = root();
    long mine = one.make("/f");
    one.service().close();
    assertThat(Checks.errnoOf(() -> lock(one, mine, posix(READ, 0, 1)))).isNotNull();
  }
}
