package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Operation.Eventfd;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Event sets and event counters: who is told what, once or again, and until when. */
interface EventChecks extends Checks {
  private static long set(Actor one) throws ErrnoException {
    return one.service().evset(one.caller()).handle();
  }

  private static long counter(Actor one) throws ErrnoException {
    return one.service().eventfd(one.caller(), 0, O_NONBLOCK).handle();
  }

  private static void control(Actor one, long set, Control control, long handle, int mask)
      throws ErrnoException {
    one.service().evctl(one.caller(), set, control, handle, mask, handle);
  }

  private static void add(Actor one, long set, long handle, int mask) throws ErrnoException {
    control(one, set, Control.ADD, handle, mask);
  }

  private static void put(Actor one, long counter, long number) throws ErrnoException {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, number);
    assertThat(one.service().writeNext(one.caller(), counter, eight).count()).isEqualTo(8);
    assertThat(eight.hasRemaining()).isFalse();
  }

  private static long get(Actor one, long counter) throws ErrnoException {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(one.service().readNext(one.caller(), counter, eight).count()).isEqualTo(8);
    return eight.getLong(0);
  }

  /** What is ready now: data and mask. */
  private static Map<Long, Integer> now(Actor one, long set) throws ErrnoException {
    Map<Long, Integer> found = new java.util.TreeMap<>();
    for (Event event : one.service().evwait(one.caller(), set, 100, 0)) {
      assertThat(found.put(event.data(), event.mask())).isNull();
    }
    return found;
  }

  private static Sent wait(Actor one, long set) throws ErrnoException {
    return Sent.of(one, new Operation.Evwait(set, 10, -1));
  }

  private static long dup(Actor from, Actor to, long handle) throws ErrnoException {
    Token token = from.service().share(from.caller(), handle);
    return to.service().take(to.caller(), token).handle();
  }

  // ---- counters ----

  @Test
  default void counter_addsAndGivesWhatThereIs() throws ErrnoException {
    Actor one = root();
    long counter = one.service().eventfd(one.caller(), 5, O_NONBLOCK).handle();
    put(one, counter, 2);
    assertThat(get(one, counter)).isEqualTo(7);
    fails(Errno.EAGAIN, () -> get(one, counter));
    put(one, counter, -3); // 2^64 - 3
    put(one, counter, 1);
    fails(Errno.EAGAIN, () -> put(one, counter, 1));
    fails(Errno.EINVAL, () -> put(one, counter, -1));
    assertThat(get(one, counter)).isEqualTo(-2);
    fails(Errno.EINVAL, () -> one.readNext(counter, 7));
    fails(Errno.EINVAL, () -> one.writeNext(counter, "1234567"));
    fails(Errno.EINVAL, () -> one.service().eventfd(one.caller(), 0, 2));
    fails(Errno.EINVAL, () -> one.service().eventfd(one.caller(), -1, 0));
    fails(Errno.ESPIPE, () -> one.read(counter, 0, 8));
    fails(Errno.ESPIPE, () -> one.write(counter, 0, "12345678"));
    fails(Errno.EINVAL, () -> one.service().fsync(one.caller(), counter, false));
  }

  @Test
  default void counter_asSemaphore_givesOneAtATime() throws ErrnoException {
    Actor one = root();
    int flags = Eventfd.EFD_SEMAPHORE | O_NONBLOCK;
    long counter = one.service().eventfd(one.caller(), 2, flags).handle();
    assertThat(get(one, counter)).isEqualTo(1);
    assertThat(get(one, counter)).isEqualTo(1);
    fails(Errno.EAGAIN, () -> get(one, counter));
  }

  @Test
  default void counter_blocking_waitsForWhatIsMissing() throws Exception {
    Actor one = root();
    Actor other = root();
    long mine = one.service().eventfd(one.caller(), 0, 0).handle();
    long theirs = dup(one, other, mine);
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    Sent reading = Sent.of(one, new Operation.ReadNext(mine, eight));
    assertThat(reading.waits()).isTrue();
    put(other, theirs, -2);
    assertThat(reading.ended()).isEqualTo(new Operation.Transferred(0, 8));
    assertThat(eight.getLong(0)).isEqualTo(-2);

    put(other, theirs, -2);
    ByteBuffer more = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 9);
    Sent writing = Sent.of(one, new Operation.WriteNext(mine, more));
    assertThat(writing.waits()).isTrue();
    assertThat(get(other, theirs)).isEqualTo(-2);
    assertThat(writing.ended()).isEqualTo(new Operation.Transferred(0, 8));
    assertThat(get(other, theirs)).isEqualTo(9);
  }

  @Test
  default void counter_waitGivenUp_hasDoneNothing() throws Exception {
    Actor one = root();
    long counter = one.service().eventfd(one.caller(), 0, 0).handle();
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    Sent reading = Sent.of(one, new Operation.ReadNext(counter, eight));
    reading.ticket().cancel();
    assertThat(reading.ended()).isEqualTo("EINTR");
    put(one, counter, -2);
    ByteBuffer more = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 9);
    Sent writing = Sent.of(one, new Operation.WriteNext(counter, more));
    writing.ticket().cancel();
    assertThat(writing.ended()).isEqualTo("EINTR");
    assertThat(get(one, counter)).isEqualTo(-2);
  }

  // ---- level, edge, one-shot ----

  @Test
  default void level_isReportedWhileItIsSo() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN);
    assertThat(now(one, set)).isEmpty();
    put(one, counter, 1);
    assertThat(now(one, set)).containsExactly(Map.entry(counter, EPOLLIN));
    assertThat(now(one, set)).containsExactly(Map.entry(counter, EPOLLIN));
    get(one, counter);
    assertThat(now(one, set)).isEmpty();
    control(one, set, Control.MOD, counter, EPOLLIN | EPOLLOUT);
    assertThat(now(one, set)).containsExactly(Map.entry(counter, EPOLLOUT));
    control(one, set, Control.DEL, counter, 0);
    assertThat(now(one, set)).isEmpty();
  }

  @Test
  default void level_ofMany_takesTurns() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    List<Long> counters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long counter = counter(one);
      put(one, counter, 1);
      add(one, set, counter, EPOLLIN);
      counters.add(counter);
    }
    List<Long> seen = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      seen.add(one.service().evwait(one.caller(), set, 1, -1).getFirst().data());
    }
    assertThat(seen.subList(0, 3)).containsExactlyElementsOf(counters);
    assertThat(seen.subList(3, 6)).containsExactlyElementsOf(counters);
  }

  @Test
  default void edge_isTheSetsOwn() throws ErrnoException {
    Actor one = root();
    long first = set(one);
    long second = set(one);
    long counter = counter(one);
    add(one, first, counter, EPOLLIN | EPOLLET);
    add(one, second, counter, EPOLLIN | EPOLLET);
    put(one, counter, 1);
    assertThat(now(one, first)).containsExactly(Map.entry(counter, EPOLLIN));
    assertThat(now(one, second)).containsExactly(Map.entry(counter, EPOLLIN));
    assertThat(now(one, first)).isEmpty();
    assertThat(now(one, second)).isEmpty();
  }

  @Test
  default void edge_ofASecondWriteWithoutARead_isReported() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN | EPOLLET);
    put(one, counter, 1);
    assertThat(now(one, set)).hasSize(1);
    assertThat(now(one, set)).isEmpty();
    put(one, counter, 1);
    assertThat(now(one, set)).hasSize(1);
    assertThat(now(one, set)).isEmpty();
  }

  @Test
  default void edge_inAThousandCycles_isReportedAThousandTimes() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN | EPOLLET);
    for (int i = 0; i < 1000; i++) {
      put(one, counter, 1);
      assertThat(one.service().evwait(one.caller(), set, 10, -1))
          .containsExactly(new Event(EPOLLIN, counter, 1));
      assertThat(now(one, set)).isEmpty();
      get(one, counter);
    }
  }

  @Test
  default void changes_thatComeTogether_areCounted() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN);
    for (int i = 0; i < 5; i++) {
      put(one, counter, 1);
    }
    assertThat(one.service().evwait(one.caller(), set, 10, 0))
        .containsExactly(new Event(EPOLLIN, counter, 5));
    assertThat(one.service().evwait(one.caller(), set, 10, 0))
        .containsExactly(new Event(EPOLLIN, counter, 0));
  }

  @Test
  default void oneShot_isOverUntilItIsArmedAgain() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN | EPOLLONESHOT);
    put(one, counter, 1);
    assertThat(now(one, set)).hasSize(1);
    put(one, counter, 1);
    assertThat(now(one, set)).isEmpty();
    control(one, set, Control.MOD, counter, EPOLLIN | EPOLLONESHOT);
    assertThat(now(one, set)).hasSize(1);
    assertThat(now(one, set)).isEmpty();
  }

  @Test
  default void exclusive_wakesOneOfThoseWhoWait() throws Exception {
    Actor one = root();
    Actor other = root();
    long counter = counter(one);
    long mine = set(one);
    long theirs = set(other);
    add(one, mine, counter, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
    add(other, theirs, dup(one, other, counter), EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
    Sent first = wait(one, mine);
    Sent second = wait(other, theirs);
    put(one, counter, 1);
    assertThat(first.ended()).isInstanceOf(List.class);
    other.service().root(other.caller());
    assertThat(second.waits()).isTrue();
    put(one, counter, 1);
    assertThat(second.ended()).isInstanceOf(List.class);
    fails(Errno.EINVAL, () -> control(one, mine, Control.MOD, counter, EPOLLIN));
    fails(Errno.EINVAL, () -> add(one, set(one), counter, EPOLLEXCLUSIVE | EPOLLONESHOT));
    fails(Errno.EINVAL, () -> add(one, mine, set(one), EPOLLEXCLUSIVE));
  }

  // ---- members ----

  @Test
  default void member_isRefusedAsByTheKernel() throws ErrnoException {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    long file = one.make("/f");
    add(one, set, counter, EPOLLIN);
    fails(Errno.EEXIST, () -> add(one, set, counter, EPOLLOUT));
    fails(Errno.ENOENT, () -> control(one, set, Control.MOD, counter(one), EPOLLIN));
    fails(Errno.ENOENT, () -> control(one, set, Control.DEL, counter(one), 0));
    fails(Errno.EPERM, () -> add(one, set, file, EPOLLIN));
    fails(Errno.EPERM, () -> add(one, set, one.open("/", O_RDONLY), EPOLLIN));
    fails(Errno.EINVAL, () -> add(one, set, set, EPOLLIN));
    fails(Errno.EINVAL, () -> add(one, counter, set, EPOLLIN));
    fails(Errno.EINVAL, () -> add(one, file, counter, EPOLLIN));
    fails(Errno.EBADF, () -> add(one, set, 999_999, EPOLLIN));
    fails(Errno.EBADF, () -> add(one, 999_999, counter, EPOLLIN));
    fails(Errno.EINVAL, () -> one.service().evwait(one.caller(), set, 0, 0));
    fails(Errno.EINVAL, () -> one.service().evwait(one.caller(), counter, 1, 0));
    fails(Errno.EINVAL, () -> one.service().evwait(one.caller(), file, 1, 10));
    fails(Errno.EBADF, () -> one.service().evwait(one.caller(), 999_999, 1, 0));
    fails(Errno.EINVAL, () -> one.readNext(set, 8));
    fails(Errno.EINVAL, () -> one.writeNext(set, "12345678"));
  }

  @Test
  default void member_goesWithTheLastCloseOfItsHandle() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long set = set(one);
    long counter = counter(one);
    long second = dup(one, one, counter);
    long theirs = dup(one, other, counter);
    add(one, set, counter, EPOLLIN);
    add(one, set, second, EPOLLIN);
    put(one, counter, 1);
    assertThat(now(one, set)).containsOnlyKeys(counter, second);
    one.close(counter);
    one.close(second);
    assertThat(now(one, set)).containsOnlyKeys(counter, second);
    other.close(theirs);
    assertThat(now(one, set)).isEmpty();
  }

  @Test
  default void member_whichIsASet_isReadableWhenAnyOfItsIs() throws ErrnoException {
    Actor one = root();
    long outer = set(one);
    long inner = set(one);
    long counter = counter(one);
    add(one, outer, inner, EPOLLIN);
    add(one, inner, counter, EPOLLIN | EPOLLET);
    assertThat(now(one, outer)).isEmpty();
    put(one, counter, 1);
    assertThat(now(one, outer)).containsExactly(Map.entry(inner, EPOLLIN));
    assertThat(now(one, inner)).containsExactly(Map.entry(counter, EPOLLIN));
    assertThat(now(one, outer)).isEmpty();
    fails(Errno.ELOOP, () -> add(one, inner, outer, EPOLLIN));
  }

  /** Five sets can be in each other, a sixth cannot: from above and from below. */
  @Test
  default void member_whichIsASet_isNotTooDeep() throws ErrnoException {
    Actor one = root();
    long[] down = new long[Limits.EVENT_SET_DEPTH + 1];
    long[] up = new long[Limits.EVENT_SET_DEPTH + 1];
    for (int i = 0; i < down.length; i++) {
      down[i] = set(one);
      up[i] = set(one);
    }
    for (int i = 0; i < Limits.EVENT_SET_DEPTH - 1; i++) {
      add(one, down[i], down[i + 1], EPOLLIN);
      add(one, up[i + 1], up[i], EPOLLIN);
    }
    int last = Limits.EVENT_SET_DEPTH;
    fails(Errno.ELOOP, () -> add(one, down[last - 1], down[last], EPOLLIN));
    fails(Errno.ELOOP, () -> add(one, up[last], up[last - 1], EPOLLIN));
    fails(Errno.ELOOP, () -> add(one, up[0], down[0], EPOLLIN));
  }

  @Test
  default void member_whichIsAWatchQueue_isReadableWhenSomethingChanged() throws Exception {
    Actor one = root();
    one.mkdir("/d");
    long queue = one.service().openWatch(one.caller()).handle();
    one.service().addWatch(one.caller(), queue, one.id("/d"), Change.CREATE);
    long set = set(one);
    add(one, set, queue, EPOLLIN | EPOLLET);
    Sent wait = wait(one, set);
    assertThat(wait.waits()).isTrue();
    Actor other = root();
    other.mkdir("/d/x");
    assertThat(wait.ended()).isEqualTo(List.of(new Event(EPOLLIN, queue, 1)));
    assertThat(now(one, set)).isEmpty();
    other.mkdir("/d/y");
    // A directory of the host tells of its changes a moment later.
    assertThat(wait(one, set).ended()).isEqualTo(List.of(new Event(EPOLLIN, queue, 1)));
    one.close(queue);
    assertThat(now(one, set)).isEmpty();
  }

  // ---- waiting ----

  @Test
  default void wait_endsWithTheEvent() throws Exception {
    Actor one = root();
    Actor other = root();
    long set = set(one);
    long counter = counter(one);
    long theirs = dup(one, other, counter);
    add(one, set, counter, EPOLLIN);
    Sent wait = wait(one, set);
    assertThat(wait.waits()).isTrue();
    put(other, theirs, 1);
    assertThat(wait.ended()).isEqualTo(List.of(new Event(EPOLLIN, counter, 1)));
  }

  @Test
  default void wait_endsWhenTheMemberIsAddedReady() throws Exception {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    Sent wait = wait(one, set);
    add(one, set, counter, EPOLLOUT);
    assertThat(wait.ended()).isEqualTo(List.of(new Event(EPOLLOUT, counter, 1)));
  }

  /** Whose time is up waits no more, so that an exclusive event goes to another set's waiter. */
  @Test
  default void wait_whoseTimeIsUp_doesNotTakeAnothersTurn() throws Exception {
    Actor one = root();
    Actor other = root();
    long first = set(one);
    long second = set(one);
    long counter = counter(one);
    long theirs = dup(one, other, counter);
    add(one, first, counter, EPOLLIN | EPOLLEXCLUSIVE);
    add(one, second, counter, EPOLLIN | EPOLLEXCLUSIVE);
    assertThat(one.service().evwait(one.caller(), first, 10, 20)).isEmpty();
    Sent wait = wait(one, second);
    assertThat(wait.waits()).isTrue();
    put(other, theirs, 1);
    assertThat(wait.ended()).isEqualTo(List.of(new Event(EPOLLIN, counter, 1)));
  }

  @Test
  default void wait_endsWhenItsTimeIsUp() throws Exception {
    Actor one = root();
    long set = set(one);
    add(one, set, counter(one), EPOLLIN);
    assertThat(one.service().evwait(one.caller(), set, 10, 20)).isEmpty();
    assertThat(one.service().evwait(one.caller(), set, 10, 0)).isEmpty();
  }

  @Test
  default void wait_cancelled_takesNothing() throws Exception {
    Actor one = root();
    long set = set(one);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN | EPOLLET);
    Sent wait = wait(one, set);
    wait.ticket().cancel();
    assertThat(wait.ended()).isEqualTo("EINTR");
    put(one, counter, 1);
    assertThat(now(one, set)).hasSize(1);
  }

  @Test
  default void wait_endsWhenTheSetIsClosed() throws Exception {
    Actor one = root();
    long set = set(one);
    Sent wait = wait(one, set);
    one.close(set);
    assertThat(wait.ended()).isEqualTo("EBADF");
  }

  @Test
  default void wait_ofTwoProcessesOnOneSet_reportsEachEdgeOnce() throws Exception {
    Actor one = root();
    Actor other = root();
    long set = set(one);
    long theirs = dup(one, other, set);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN | EPOLLET);
    Sent first = wait(one, set);
    Sent second = wait(other, theirs);
    put(one, counter, 1);
    assertThat(first.ended()).isEqualTo(List.of(new Event(EPOLLIN, counter, 1)));
    other.service().root(other.caller());
    assertThat(second.waits()).isTrue();
    put(one, counter, 1);
    assertThat(second.ended()).isEqualTo(List.of(new Event(EPOLLIN, counter, 1)));
  }

  /** By level one event wakes all: it is so for each of them. */
  @Test
  default void wait_ofTwoProcessesByLevel_reportsToBoth() throws Exception {
    Actor one = root();
    Actor other = root();
    long set = set(one);
    long theirs = dup(one, other, set);
    long counter = counter(one);
    add(one, set, counter, EPOLLIN);
    Sent first = wait(one, set);
    Sent second = wait(other, theirs);
    put(one, counter, 1);
    assertThat(first.ended()).isInstanceOf(List.class);
    assertThat(second.ended()).isInstanceOf(List.class);
  }

  /** A parent hands over a set and what is in it, and ends: the child goes on with both. */
  @Test
  default void set_handedOver_outlivesItsMaker() throws Exception {
    Actor parent = root();
    Actor child = root();
    long set = set(parent);
    long counter = counter(parent);
    add(parent, set, counter, EPOLLIN | EPOLLET);
    long taken = dup(parent, child, set);
    long takenCounter = dup(parent, child, counter);
    parent.service().close();
    put(child, takenCounter, 1);
    assertThat(now(child, taken)).containsExactly(Map.entry(counter, EPOLLIN));
    control(child, taken, Control.MOD, takenCounter, EPOLLOUT);
    assertThat(now(child, taken)).containsExactly(Map.entry(takenCounter, EPOLLOUT));
    control(child, taken, Control.DEL, takenCounter, 0);
    assertThat(now(child, taken)).isEmpty();
  }

  @Test
  default void set_hasAnInodeOfItsOwnKind() throws ErrnoException {
    Actor one = root();
    Opened set = one.service().evset(one.caller());
    assertThat(set.stat().mode() & Mode.S_IFMT).isZero();
    assertThat(one.service().getattr(one.caller(), set.stat().id())).isEqualTo(set.stat());
    fails(Errno.ESTALE, () -> one.service().rebind(one.caller(), set.stat().id()));
    one.close(set.handle());
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), set.stat().id()));
  }

  // ---- poll ----

  @Test
  default void poll_isASetUsedOnce() throws ErrnoException {
    Actor one = root();
    long counter = counter(one);
    long idle = counter(one);
    long file = one.make("/f");
    put(one, counter, 1);
    Map<Long, Integer> masks = Map.of(counter, EPOLLIN, idle, EPOLLIN, file, EPOLLIN | EPOLLERR);
    assertThat(one.service().poll(one.caller(), masks, -1))
        .containsExactlyInAnyOrder(new Event(EPOLLIN, counter, 1), new Event(EPOLLIN, file, 0));
    assertThat(one.service().poll(one.caller(), Map.of(idle, EPOLLIN), 10)).isEmpty();
    fails(Errno.EBADF, () -> one.service().poll(one.caller(), Map.of(999_999L, EPOLLIN), 0));
  }
}
