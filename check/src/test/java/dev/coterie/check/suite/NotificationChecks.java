package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.NOTIFY;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Notifications;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.RangeLock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Notifications of readiness: each once, to whom, and until when. Source: fcntl(2), F_SETSIG. */
interface NotificationChecks extends Checks {
  private static Notifications notifications(Actor one) throws ErrnoException {
    return Notifications.open(one.service(), one.caller());
  }

  private static long counter(Actor one) throws ErrnoException {
    return one.service().eventfd(one.caller(), 0, O_NONBLOCK).handle();
  }

  private static void put(Actor one, long counter) throws ErrnoException {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1);
    one.service().writeNext(one.caller(), counter, eight);
  }

  private static long dup(Actor from, Actor to, long handle) throws ErrnoException {
    return to.service().take(to.caller(), from.service().share(from.caller(), handle)).handle();
  }

  @Test
  default void notifications_ofEverySource() throws Exception {
    Actor one = root();
    Actor other = root();
    one.mkdir("/d");
    long file = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    long queue = one.service().openWatch(one.caller()).handle();
    one.service().addWatch(one.caller(), queue, one.id("/d"), Change.CREATE);
    RangeLock lock = new RangeLock(RangeLock.Kind.OFD, RangeLock.Type.WRITE, 0, 0, 0);
    RangeLock unlock = new RangeLock(RangeLock.Kind.OFD, RangeLock.Type.UNLOCK, 0, 0, 0);
    long counter = counter(one);
    try (Notifications told = notifications(one);
        Notifications outer = notifications(one)) {
      told.on(queue, EPOLLIN, 1);
      told.on(one.service().evlock(one.caller(), file, lock).handle(), EPOLLIN, 2);
      told.on(counter, EPOLLIN, 3);
      outer.on(told.handle(), EPOLLIN, 4);
      assertThat(told.poll()).isEmpty();
      other.mkdir("/d/x");
      // A directory of the host tells of its changes a moment later.
      assertThat(told.take()).containsExactly(new Event(EPOLLIN, 1, 1));
      other.service().lock(other.caller(), theirs, lock, false);
      assertThat(told.poll()).isEmpty();
      other.service().lock(other.caller(), theirs, unlock, false);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 2, 1));
      put(one, counter);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 3, 1));
      assertThat(outer.poll()).containsExactly(new Event(EPOLLIN, 4, 3));
    }
    fails(Errno.EPERM, () -> onFile(one, file));
  }

  private static void onFile(Actor one, long file) throws ErrnoException {
    try (Notifications told = notifications(one)) {
      told.on(file, EPOLLIN, 1);
    }
  }

  @Test
  default void notifications_areNotMixedWithOtherWays() throws Exception {
    Actor one = root();
    long counter = counter(one);
    long set = one.service().evset(one.caller()).handle();
    for (int mask : new int[] {NOTIFY | EPOLLONESHOT, NOTIFY | EPOLLEXCLUSIVE}) {
      fails(Errno.EINVAL, () -> control(one, set, Control.ADD, counter, EPOLLIN | mask));
    }
    control(one, set, Control.ADD, counter, EPOLLIN);
    fails(Errno.EINVAL, () -> control(one, set, Control.MOD, counter, EPOLLIN | NOTIFY));
    control(one, set, Control.DEL, counter, 0);
    control(one, set, Control.ADD, counter, EPOLLIN | NOTIFY);
    fails(Errno.EINVAL, () -> control(one, set, Control.MOD, counter, EPOLLIN));
  }

  private static void control(Actor one, long set, Control control, long handle, int mask)
      throws ErrnoException {
    one.service().evctl(one.caller(), set, control, handle, mask, 0);
  }

  // ---- until when ----

  @Test
  default void notifications_switchedOff_areNoneEvenOfWhatWasNotTaken() throws Exception {
    Actor one = root();
    long counter = counter(one);
    try (Notifications told = notifications(one)) {
      told.on(counter, EPOLLIN, 7);
      put(one, counter);
      told.off(counter);
      told.off(counter);
      assertThat(told.poll()).isEmpty();
      put(one, counter);
      assertThat(told.poll()).isEmpty();
      told.on(counter, EPOLLIN, 8);
      assertThat(told.poll()).isEmpty();
      put(one, counter);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 8, 1));
      told.on(counter, EPOLLIN, 9);
      put(one, counter);
      told.on(counter, EPOLLOUT, 10); // what is not wanted any more is not told
      assertThat(told.poll()).isEmpty();
    }
  }

  @Test
  default void notifications_goOnWithTheOpenFile_andEndWithItsLastClose() throws Exception {
    Actor one = root();
    Actor other = root();
    long counter = counter(one);
    try (Notifications told = notifications(one)) {
      told.on(counter, EPOLLIN, 7);
      long theirs = dup(one, other, counter);
      one.close(counter);
      put(other, theirs);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1));
      put(other, theirs);
      other.close(theirs);
      assertThat(told.poll()).isEmpty();
    }
  }

  @Test
  default void notifications_goOnWhenWhoSwitchedThemOnIsGone() throws Exception {
    Actor parent = root();
    Actor child = root();
    long counter = counter(parent);
    Notifications parents = notifications(parent);
    parents.on(counter, EPOLLIN, 7);
    long childs = dup(parent, child, counter);
    try (Notifications told = Notifications.take(child.service(), child.caller(), parents.share());
        Notifications own = notifications(child)) {
      own.on(childs, EPOLLIN, 8);
      parent.service().close();
      put(child, childs);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1));
      assertThat(own.poll()).containsExactly(new Event(EPOLLIN, 8, 1));
      told.off(childs); // which the other session had switched on
      put(child, childs);
      assertThat(told.poll()).isEmpty();
      assertThat(own.poll()).containsExactly(new Event(EPOLLIN, 8, 1));
    }
  }

  @Test
  default void notifications_closed_endAWait() throws Exception {
    Actor one = root();
    Notifications told = notifications(one);
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Sent wait = Sent.of(one, new dev.coterie.api.Operation.Evwait(told.handle(), 8, -1));
      assertThat(wait.waits()).isTrue();
      Future<?> waits = thread.submit(() -> fails(Errno.EBADF, () -> told.take(1, TimeUnit.HOURS)));
      told.close();
      told.close();
      assertThat(wait.ended()).isEqualTo("EBADF");
      waits.get(60, TimeUnit.SECONDS);
    }
    fails(Errno.EBADF, told::poll);
  }

  // ---- against a naive reference ----

  /** What one queue knows of one handle, as simply as it can be put. */
  final class Naive {
    int mask;
    long value;
    int count;
    int bits;
  }

  @Test
  default void notifications_amongRandomCalls_areThoseOfANaiveReference() throws Exception {
    Random random = new Random(11);
    Actor one = root();
    long[] counters = {counter(one), counter(one), counter(one)};
    boolean[] filled = new boolean[counters.length];
    List<Notifications> queues = List.of(notifications(one), notifications(one));
    List<Map<Integer, Naive>> naive = List.of(new TreeMap<>(), new TreeMap<>());
    int told = 0;
    for (int i = 0; i < 4_000; i++) {
      int q = random.nextInt(queues.size());
      int c = random.nextInt(counters.length);
      switch (random.nextInt(8)) {
        case 0 -> {
          Naive entry = naive.get(q).computeIfAbsent(c, counter -> new Naive());
          entry.mask = random.nextInt(4) == 0 ? EPOLLOUT : EPOLLIN;
          if ((entry.bits & entry.mask) == 0) {
            entry.count = 0;
          }
          entry.bits &= entry.mask;
          entry.value = random.nextLong();
          queues.get(q).on(counters[c], entry.mask, entry.value);
        }
        case 1 -> {
          if (random.nextInt(3) == 0) {
            naive.get(q).remove(c);
            queues.get(q).off(counters[c]);
          }
        }
        case 2 -> told += takeAndCompare(queues.get(q), naive.get(q).values());
        case 3, 4 -> {
          if (filled[c]) {
            one.readNext(counters[c], 8);
            filled[c] = false;
            become(naive, c, EPOLLOUT);
          }
        }
        default -> {
          put(one, counters[c]);
          filled[c] = true;
          become(naive, c, EPOLLIN);
        }
      }
    }
    assertThat(told).isGreaterThan(300);
    for (Notifications queue : queues) {
      queue.close();
    }
  }

  private static void become(List<Map<Integer, Naive>> naive, int counter, int bit) {
    for (Map<Integer, Naive> queue : naive) {
      Naive entry = queue.get(counter);
      if (entry != null && (entry.mask & bit) != 0) {
        entry.count++;
        entry.bits |= bit;
      }
    }
  }

  private static int takeAndCompare(Notifications queue, Collection<Naive> naive)
      throws ErrnoException {
    List<Event> expected = new ArrayList<>();
    for (Naive entry : naive) {
      if (entry.bits != 0) {
        expected.add(new Event(entry.bits, entry.value, entry.count));
      }
      entry.bits = 0;
      entry.count = 0;
    }
    assertThat(queue.poll()).containsExactlyInAnyOrderElementsOf(expected);
    return expected.size();
  }
}
