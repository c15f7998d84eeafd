package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Locks that clients decide on by themselves, against those that the leader decides on. */
class LocalLocksTest {
  private static final int SEEDS = Boolean.getBoolean("coterie.full") ? 20_000 : 400;
  private static final int STEPS = 80;

  @Test
  void randomScripts_endAsWithoutLeases() throws Exception {
    long local = 0;
    long asked = 0;
    long waits = 0;
    long deadlocks = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      try (LockScript here = new LockScript(true);
          LockScript there = new LockScript(false)) {
        Random one = new Random(seed);
        Random other = new Random(seed);
        StringBuilder before = new StringBuilder();
        for (int step = 0; step < STEPS; step++) {
          String expected = there.step(other);
          before.append(expected).append('\n');
          assertThat(here.step(one))
              .as("seed %d, step %d after\n%s", seed, step, before)
              .isEqualTo(expected);
        }
        assertThat(here.report()).as("seed %d", seed).isEqualTo(there.report());
        assertThat(here.end()).as("seed %d, the end", seed).isEqualTo(there.end());
        local += here.local();
        asked += here.asked();
        waits += here.waits();
        deadlocks += here.deadlocks();
      }
    }
    // The scripts were such that something could be found.
    assertThat(local)
        .as("decided without a message, of %d", local + asked)
        .isGreaterThan(asked / 10);
    assertThat(waits).as("waits").isGreaterThan(SEEDS);
    assertThat(deadlocks).as("deadlocks").isPositive();
  }

  // ---- two clients with copies on one tree ----

  private static final Caller ONE = Caller.ROOT.withPid(1);
  private static final Caller OTHER = Caller.ROOT.withPid(2);
  private static final RangeLock WRITE =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
  private static final RangeLock READ = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.READ);
  private static final RangeLock UNLOCK =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK);

  private final AtomicLong sent = new AtomicLong(); // by the first
  private final AtomicLong now = new AtomicLong();
  private final HandAlarm alarm = new HandAlarm();

  private Vfs tree() throws IOException {
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    return new Vfs(
        new Vfs.Config(clock, new Random(1), 7, Barrier.OPEN, Limits.DENTRIES, alarm),
        Map.of("/", TmpFs.Options.defaults().factory()));
  }

  private Copies copies(Vfs vfs) {
    return new Copies(new Counting(vfs.openSession(), sent), 1 << 16, now::get);
  }

  private static long open(FileService one, Caller caller, String name) throws ErrnoException {
    InodeId root = one.root(caller).id();
    return one.create(caller, root, Name.of(name), OpenFlags.O_RDWR, 0600).handle();
  }

  /** Locks and unlocks until that costs nothing. */
  private void decideHere(FileService one, Caller caller, long handle) throws ErrnoException {
    pair(one, caller, handle);
    pair(one, caller, handle);
    long before = sent.get();
    pair(one, caller, handle);
    assertThat(sent.get()).as("decided here").isEqualTo(before);
  }

  private static void pair(FileService one, Caller caller, long handle) throws ErrnoException {
    one.lock(caller, handle, WRITE, true);
    one.lock(caller, handle, UNLOCK, false);
  }

  private static @Nullable Errno failure(
      FileService one, Caller caller, long handle, RangeLock lock) {
    try {
      one.lock(caller, handle, lock, false);
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }

  @Test
  void lockAndUnlock_alone_costNoMessage() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs)) {
      long handle = open(one, ONE, "f");
      decideHere(one, ONE, handle);
      long before = sent.get();
      for (int i = 0; i < 1_000; i++) {
        pair(one, ONE, handle);
        one.lock(ONE, handle, READ, true);
        assertThat(one.getLock(ONE, handle, WRITE).type()).isEqualTo(RangeLock.Type.UNLOCK);
        one.lock(ONE, handle, WRITE, true);
        one.lock(ONE, handle, UNLOCK, false);
      }
      assertThat(sent.get()).isEqualTo(before);
    }
  }

  @Test
  void lockDecidedHere_isSeenByOthers_asItIs() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs);
        FileService other = vfs.openSession()) {
      long handle = open(one, ONE, "f");
      long theirs = open(other, OTHER, "f");
      decideHere(one, ONE, handle);
      RangeLock some = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.READ, 3, 4, 0);
      one.lock(ONE, handle, some, false);
      assertThat(other.getLock(OTHER, theirs, WRITE))
          .isEqualTo(new FoundLock(RangeLock.Type.READ, 3, 4, 1));
      assertThat(failure(other, OTHER, theirs, WRITE)).isEqualTo(Errno.EAGAIN);
      assertThat(failure(other, OTHER, theirs, READ)).isNull();
      assertThat(failure(one, ONE, handle, WRITE)).as("no longer alone").isEqualTo(Errno.EAGAIN);
      one.lock(ONE, handle, UNLOCK, false);
      assertThat(failure(other, OTHER, theirs, WRITE)).isNull();
    }
  }

  @Test
  void closeOfAnyHandle_endsLocksOfTheProcess_decidedHere() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs);
        FileService other = vfs.openSession()) {
      long handle = open(one, ONE, "f");
      long second = open(one, ONE, "f");
      long theirs = open(other, OTHER, "f");
      decideHere(one, ONE, handle);
      one.lock(ONE, handle, WRITE, false);
      one.close(ONE, second);
      assertThat(failure(other, OTHER, theirs, WRITE)).isNull();
    }
  }

  @Test
  void endOfSession_endsLocksDecidedHere() throws Exception {
    try (Vfs vfs = tree();
        FileService other = vfs.openSession()) {
      long theirs = open(other, OTHER, "f");
      try (Copies one = copies(vfs)) {
        long handle = open(one, ONE, "f");
        decideHere(one, ONE, handle);
        one.lock(ONE, handle, WRITE, false);
      }
      assertThat(failure(other, OTHER, theirs, WRITE)).isNull();
    }
  }

  @Test
  void cycleOverLocksDecidedHere_isADeadlock() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs);
        Copies other = new Copies(vfs.openSession(), 1 << 16, now::get)) {
      long[] mine = {open(one, ONE, "f"), open(one, ONE, "g")};
      long[] theirs = {open(other, OTHER, "f"), open(other, OTHER, "g")};
      decideHere(one, ONE, mine[0]);
      pair(other, OTHER, theirs[1]);
      pair(other, OTHER, theirs[1]);
      one.lock(ONE, mine[0], WRITE, false);
      other.lock(OTHER, theirs[1], WRITE, false);
      List<String> ends = new ArrayList<>();
      one.submit(ONE, new Operation.Lock(mine[1], WRITE, true), told(ends));
      assertThat(ends).as("waits").isEmpty();
      other.submit(OTHER, new Operation.Lock(theirs[0], WRITE, true), told(ends));
      assertThat(ends).containsExactly("EDEADLK");
      other.lock(OTHER, theirs[1], UNLOCK, false);
      assertThat(ends).containsExactly("EDEADLK", "done");
    }
  }

  private static Completion<Operation.Done> told(List<String> ends) {
    return new Completion<>() {
      @Override
      public void done(Operation.Done result) {
        ends.add("done");
      }

      @Override
      public void failed(Errno errno) {
        ends.add(errno.name());
      }
    };
  }

  @Test
  void handleThatIsShared_isDecidedOnByTheLeader() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs);
        Copies other = copies(vfs)) {
      long handle = open(one, ONE, "f");
      decideHere(one, ONE, handle);
      RangeLock flock = RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.WRITE);
      one.lock(ONE, handle, flock, false);
      long taken = other.take(OTHER, one.share(ONE, handle)).handle();
      RangeLock off = RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.UNLOCK);
      assertThat(failure(one, ONE, open(one, ONE, "f"), flock)).isEqualTo(Errno.EAGAIN);
      other.lock(OTHER, taken, off, false); // one description: the other's is its own
      assertThat(failure(one, ONE, open(one, ONE, "f"), flock)).isNull();
    }
  }

  @Test
  void descriptionWithTwoHandles_ownsItsLocksByBoth() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs)) {
      long handle = open(one, ONE, "f");
      decideHere(one, ONE, handle);
      long twin = one.take(ONE, one.share(ONE, handle)).handle();
      RangeLock flock = RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.WRITE);
      for (int i = 0; i < 3; i++) {
        assertThat(failure(one, ONE, handle, flock)).isNull();
        assertThat(failure(one, ONE, twin, flock)).isNull();
        one.lock(ONE, twin, RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.UNLOCK), false);
      }
    }
  }

  @Test
  void recallThatOvertakesItsGrant_isHeeded() throws Exception {
    try (Vfs vfs = tree();
        FileService other = vfs.openSession()) {
      long theirs = open(other, OTHER, "f");
      FileService late =
          new FileService() {
            private final FileService below = vfs.openSession();

            @Override
            public <R> Ticket submit(
                Caller caller, Operation<R> operation, Completion<? super R> completion) {
              return below.submit(caller, operation, completion);
            }

            @Override
            public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
              R answer = below.call(caller, operation);
              if (answer instanceof Operation.Leased leased
                  && operation instanceof Operation.LeaseLocks) {
                assertThat(leased.seq()).isNotZero();
                assertThat(failure(other, OTHER, theirs, WRITE)).isNull();
              }
              return answer;
            }

            @Override
            public void close() {
              below.close();
            }
          };
      try (Copies one = new Copies(late, 1 << 16, now::get)) {
        long handle = open(one, ONE, "f");
        pair(one, ONE, handle);
        assertThat(failure(one, ONE, handle, READ)).isEqualTo(Errno.EAGAIN);
        one.getattr(ONE, one.root(ONE).id()); // which gives it time
        assertThat(failure(one, ONE, handle, READ)).isEqualTo(Errno.EAGAIN);
      }
    }
  }

  @Test
  void timeThatIsOver_isAskedFor() throws Exception {
    try (Vfs vfs = tree();
        Copies one = copies(vfs)) {
      long handle = open(one, ONE, "f");
      decideHere(one, ONE, handle);
      one.lock(ONE, handle, WRITE, false);
      now.addAndGet(TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS));
      long before = sent.get();
      assertThat(failure(one, ONE, handle, READ)).isNull();
      assertThat(sent.get()).isGreaterThan(before);
      try (FileService other = vfs.openSession()) {
        assertThat(other.getLock(OTHER, open(other, OTHER, "f"), WRITE).type())
            .isEqualTo(RangeLock.Type.READ);
      }
    }
  }
}
