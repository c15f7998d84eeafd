package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
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

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Token;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Locks as members of event sets: ready while they could be taken. */
interface LockSourceChecks extends Checks {
  private static RangeLock ofd(RangeLock.Type type, long start, long length) {
    return new RangeLock(OFD, type, start, length, 0);
  }

  private static void lock(Actor one, long handle, RangeLock lock) throws ErrnoException {
    one.service().lock(one.caller(), handle, lock, false);
  }

  private static long source(Actor one, long handle, RangeLock lock) throws ErrnoException {
    return one.service().evlock(one.caller(), handle, lock).handle();
  }

  /** A set with this one member. */
  private static long setOf(Actor one, long source, int mask) throws ErrnoException {
    long set = one.service().evset(one.caller()).handle();
    one.service().evctl(one.caller(), set, Control.ADD, source, mask, 7);
    return set;
  }

  private static List<Event> now(Actor one, long set) throws ErrnoException {
    return one.service().evwait(one.caller(), set, 8, 0);
  }

  private static boolean isReady(Actor one, long source) throws ErrnoException {
    return !one.service().poll(one.caller(), java.util.Map.of(source, EPOLLIN), 0).isEmpty();
  }

  @Test
  default void lockSource_isReadyWhileItCouldBeTaken() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    long set = setOf(one, source(one, mine, ofd(WRITE, 0, 10)), EPOLLIN);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 7, 1));
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 7, 0));
    lock(one, mine, ofd(WRITE, 0, 10)); // its own is not in the way
    lock(other, theirs, ofd(READ, 20, 5)); // nor is another range
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 7, 0));
    lock(one, mine, ofd(UNLOCK, 0, 0));
    lock(other, theirs, ofd(READ, 9, 1));
    assertThat(now(one, set)).isEmpty();
    Sent wait = Sent.of(one, new Operation.Evwait(set, 8, -1));
    assertThat(wait.waits()).isTrue();
    lock(other, theirs, ofd(UNLOCK, 0, 0));
    assertThat(wait.ended()).isEqualTo(List.of(new Event(EPOLLIN, 7, 1)));
  }

  @Test
  default void lockSource_byEdge_isToldOfEachTimeItBecomesFree() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    lock(other, theirs, ofd(WRITE, 0, 10));
    long source = source(one, mine, ofd(READ, 5, 1));
    long first = setOf(one, source, EPOLLIN | EPOLLET);
    long second = setOf(one, source, EPOLLIN | EPOLLET);
    for (int i = 0; i < 5; i++) {
      lock(other, theirs, ofd(UNLOCK, 0, 2)); // still in the way
      assertThat(now(one, first)).isEmpty();
      lock(other, theirs, ofd(i % 2 == 0 ? READ : UNLOCK, 5, 1)); // a downgrade is enough
      lock(other, theirs, ofd(UNLOCK, 0, 0)); // free already
      assertThat(now(one, first)).containsExactly(new Event(EPOLLIN, 7, 1));
      assertThat(now(one, second)).containsExactly(new Event(EPOLLIN, 7, 1));
      lock(other, theirs, ofd(WRITE, 0, 10));
    }
  }

  @Test
  default void lockSource_ofALockThatGoesToAWaiter_isNotReady() throws Exception {
    Actor one = root();
    Actor other = root();
    Actor third = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    long thirds = third.open("/f", O_RDWR);
    lock(other, theirs, ofd(WRITE, 0, 0));
    long set = setOf(one, source(one, mine, ofd(WRITE, 0, 0)), EPOLLIN | EPOLLET);
    Sent waits = Sent.of(third, new Operation.Lock(thirds, ofd(WRITE, 0, 0), true));
    lock(other, theirs, ofd(UNLOCK, 0, 0));
    assertThat(waits.ended()).isEqualTo(Operation.Done.DONE);
    assertThat(now(one, set)).isEmpty();
    third.close(thirds);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 7, 1));
  }

  @Test
  default void lockSource_isToldOfEachWayALockEnds() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    for (RangeLock.Kind kind : RangeLock.Kind.values()) {
      long source = source(one, mine, new RangeLock(kind, WRITE, 0, 0, 0));
      long set = setOf(one, source, EPOLLIN);
      assertThat(now(one, set)).hasSize(1);
      Actor other = root();
      long theirs = other.open("/f", O_RDWR);
      lock(other, theirs, new RangeLock(kind, READ, 0, 0, 0));
      assertThat(now(one, set)).as("%s", kind).isEmpty();
      Sent closed = Sent.of(one, new Operation.Evwait(set, 8, -1));
      other.close(theirs);
      assertThat(closed.ended()).as("%s", kind).isEqualTo(List.of(new Event(EPOLLIN, 7, 1)));
      theirs = other.open("/f", O_RDWR);
      lock(other, theirs, new RangeLock(kind, READ, 0, 0, 0));
      assertThat(now(one, set)).as("%s", kind).isEmpty();
      Sent gone = Sent.of(one, new Operation.Evwait(set, 8, -1));
      other.service().close();
      assertThat(gone.ended()).as("%s", kind).isEqualTo(List.of(new Event(EPOLLIN, 7, 1)));
      one.close(source);
    }
  }

  @Test
  default void lockSource_outlivesTheFileItWasAskedBy_andCanBeShared() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    long source = source(one, mine, ofd(WRITE, 0, 0));
    one.close(mine);
    one.unlink("/f");
    assertThat(isReady(one, source)).isTrue();
    Token token = one.service().share(one.caller(), source);
    long taken = other.service().take(other.caller(), token).handle();
    one.close(source);
    lock(other, theirs, ofd(READ, 3, 1));
    assertThat(isReady(other, taken)).isFalse();
    lock(other, theirs, ofd(UNLOCK, 3, 1));
    assertThat(isReady(other, taken)).isTrue();
    other.close(theirs);
    assertThat(isReady(other, taken)).isTrue();
    other.close(taken);
  }

  @Test
  default void lockSource_closed_releasesNoLock() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    RangeLock posix = new RangeLock(POSIX, WRITE, 0, 0, 0);
    lock(one, mine, posix);
    one.close(source(one, mine, posix));
    fails(Errno.EAGAIN, () -> lock(other, theirs, posix));
  }

  @Test
  default void lockSource_ofNoLock_isRefused() throws Exception {
    Actor one = root();
    one.make("/f");
    long read = one.open("/f", O_RDONLY);
    long write = one.open("/f", O_WRONLY);
    fails(Errno.EBADF, () -> source(one, read, ofd(WRITE, 0, 0)));
    fails(Errno.EBADF, () -> source(one, write, ofd(READ, 0, 0)));
    one.close(source(one, read, new RangeLock(FLOCK, WRITE, 0, 0, 0)));
    fails(Errno.EINVAL, () -> source(one, read, ofd(UNLOCK, 0, 0)));
    fails(Errno.EINVAL, () -> source(one, read, ofd(READ, -1, 0)));
    fails(Errno.EOVERFLOW, () -> source(one, read, ofd(READ, Long.MAX_VALUE, 2)));
    fails(Errno.EBADF, () -> source(one, 999_999, ofd(READ, 0, 0)));
    long queue = one.service().openWatch(one.caller()).handle();
    fails(Errno.EINVAL, () -> source(one, queue, ofd(READ, 0, 0)));
    long source = source(one, read, ofd(READ, 0, 0));
    fails(Errno.EINVAL, () -> one.readNext(source, 8));
    fails(Errno.EINVAL, () -> one.writeNext(source, "12345678"));
  }

  /** Random locks of several owners: ready exactly if F_GETLK finds nothing in the way. */
  @Test
  default void lockSource_amongRandomLocks_saysWhatGetLockSays() throws Exception {
    Random random = new Random(5);
    Actor one = root();
    one.make("/f");
    long mine = one.open("/f", O_RDWR);
    Actor[] others = {root(), root(), root()};
    long[] theirs = new long[others.length];
    for (int i = 0; i < others.length; i++) {
      theirs[i] = others[i].open("/f", O_RDWR);
    }
    RangeLock[] wanted = {ofd(WRITE, 4, 4), ofd(READ, 4, 4), new RangeLock(POSIX, READ, 0, 6, 0)};
    long[] sets = new long[wanted.length];
    boolean[] free = new boolean[wanted.length];
    int edges = 0;
    for (int i = 0; i < wanted.length; i++) {
      sets[i] = setOf(one, source(one, mine, wanted[i]), EPOLLIN | EPOLLET);
      assertThat(now(one, sets[i])).hasSize(1);
      free[i] = true;
    }
    for (int round = 0; round < 400; round++) {
      int who = random.nextInt(others.length);
      RangeLock.Type type =
          switch (random.nextInt(3)) {
            case 0 -> READ;
            case 1 -> WRITE;
            default -> UNLOCK;
          };
      int length = type == UNLOCK ? 12 : 1 + random.nextInt(4);
      try {
        lock(others[who], theirs[who], ofd(type, random.nextInt(10), length));
      } catch (ErrnoException e) {
        assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
      }
      for (int i = 0; i < wanted.length; i++) {
        boolean is = couldLock(one, mine, wanted[i]);
        int expected = is && !free[i] ? 1 : 0;
        assertThat(now(one, sets[i])).as("round %d, %s", round, wanted[i]).hasSize(expected);
        free[i] = is;
        edges += expected;
      }
    }
    assertThat(edges).isGreaterThan(30);
  }

  private static boolean couldLock(Actor one, long handle, RangeLock lock) throws ErrnoException {
    return one.service().getLock(one.caller(), handle, lock).type() == UNLOCK;
  }
}
