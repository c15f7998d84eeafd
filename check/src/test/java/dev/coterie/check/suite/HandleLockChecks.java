package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.HandleLock;
import dev.coterie.api.HandleLocks;
import dev.coterie.api.LockReport;
import dev.coterie.api.OpenFile;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.nio.channels.OverlappingFileLockException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Locks of an open file for threads of one process, and the report on all locks. */
interface HandleLockChecks extends Checks {
  Duration LONG = Duration.ofMinutes(5);

  private static Tree tree(Actor actor) throws ErrnoException {
    return Tree.of(actor.service(), actor.caller());
  }

  private static LockReport report(Actor actor) throws ErrnoException {
    return LockReport.of(
        actor.service().getxattr(actor.caller(), actor.root(), LockReport.ATTRIBUTE));
  }

  /** The only file that is locked. */
  private static LockReport.File only(Actor actor) throws ErrnoException {
    List<LockReport.File> files = report(actor).files();
    assertThat(files).hasSize(1);
    return files.getFirst();
  }

  /** A thread that locks, and what became of it. */
  record Locking(Thread thread, CompletableFuture<String> end) {
    interface Body {
      @Nullable HandleLock lock() throws ErrnoException;
    }

    static Locking start(Body body) {
      CompletableFuture<String> end = new CompletableFuture<>();
      Thread thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                String how;
                try {
                  how = body.lock() == null ? "late" : "locked";
                } catch (ErrnoException e) {
                  how = e.errno().name();
                } catch (RuntimeException e) {
                  how = e.toString();
                }
                end.complete(how + (Thread.currentThread().isInterrupted() ? " interrupted" : ""));
              });
      return new Locking(thread, end);
    }

    String ended() throws Exception {
      return end.get(60, TimeUnit.SECONDS);
    }
  }

  private static void awaitWaiting(Actor actor, int count) {
    await().until(() -> only(actor).waits().size() == count);
  }

  @Test
  default void handleLocks_excludeOwnersOfOneSession() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    HandleLocks theirs = HandleLocks.open(tree, "/f");
    try (HandleLocks mine = HandleLocks.open(tree, "/f")) {
      HandleLock lock = mine.lock(0, 10, false);
      assertThat(lock.isHeld()).isTrue();
      assertThat(theirs.tryLock(9, 1, true)).isNull();
      assertThat(theirs.find(0, 0, false).type()).isEqualTo(RangeLock.Type.WRITE);
      HandleLock beside = theirs.lock(10, 0, true);
      assertThat(mine.tryLock(1L << 40, 5, false)).isNull();
      assertThat(mine.tryLock(1L << 40, 5, true)).isNotNull();
      Locking waiting = Locking.start(() -> theirs.lock(5, 5, false));
      awaitWaiting(one, 1);
      lock.close();
      assertThat(waiting.ended()).isEqualTo("locked");
      assertThat(lock.isHeld()).isFalse();
      lock.close();
      assertThat(mine.tryLock(5, 1, true)).isNull();
      beside.close();
      theirs.close();
      assertThat(mine.tryLock(5, 1, true)).isNotNull();
    }
    assertThat(report(one).files()).isEmpty();
  }

  @Test
  default void handleLocks_ofOneOwner_mustNotOverlap() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    HandleLocks theirs = HandleLocks.open(tree, "/f");
    try (HandleLocks mine = HandleLocks.open(tree, "/f")) {
      HandleLock lock = mine.lock(10, 10, true);
      assertThatThrownBy(() -> mine.lock(19, 1, true))
          .isInstanceOf(OverlappingFileLockException.class);
      assertThatThrownBy(() -> mine.tryLock(0, 0, true))
          .isInstanceOf(OverlappingFileLockException.class);
      HandleLock touching = mine.lock(20, 5, true);
      lock.close();
      // Joined at the leader, and taken apart again.
      assertThat(theirs.tryLock(10, 10, false)).isNotNull();
      assertThat(theirs.tryLock(20, 5, false)).isNull();
      touching.close();
      Locking waiting = Locking.start(() -> mine.lock(12, 1, false));
      awaitWaiting(one, 1);
      assertThatThrownBy(() -> mine.tryLock(12, 1, false, LONG))
          .isInstanceOf(OverlappingFileLockException.class);
      theirs.close();
      assertThat(waiting.ended()).isEqualTo("locked");
    }
  }

  @Test
  default void handleLock_withATimeLimit_isGivenUp() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    try (HandleLocks mine = HandleLocks.open(tree, "/f");
        HandleLocks theirs = HandleLocks.open(tree, "/f")) {
      HandleLock lock = mine.lock(0, 0, false);
      assertThat(theirs.tryLock(0, 0, false, Duration.ofMillis(20))).isNull();
      assertThat(theirs.tryLock(0, 0, false, Duration.ZERO)).isNull();
      assertThat(theirs.tryLock(0, 0, false, Duration.ofSeconds(-1))).isNull();
      assertThat(only(one).waits()).isEmpty();
      Locking waiting = Locking.start(() -> theirs.tryLock(3, 4, true, LONG));
      awaitWaiting(one, 1);
      lock.close();
      assertThat(waiting.ended()).isEqualTo("locked");
      assertThat(only(one).held()).hasSize(1);
      assertThat(mine.tryLock(0, 3, false, Duration.ofSeconds(Long.MAX_VALUE))).isNotNull();
    }
  }

  @Test
  default void handleLock_interrupted_leavesNone() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    try (HandleLocks mine = HandleLocks.open(tree, "/f");
        HandleLocks theirs = HandleLocks.open(tree, "/f")) {
      HandleLock lock = mine.lock(0, 0, false);
      Locking endless = Locking.start(() -> theirs.lock(0, 1, false));
      Locking limited = Locking.start(() -> theirs.tryLock(1, 1, false, LONG));
      awaitWaiting(one, 2);
      endless.thread.interrupt();
      assertThat(endless.ended()).isEqualTo("EINTR interrupted");
      limited.thread.interrupt();
      assertThat(limited.ended()).isEqualTo("EINTR interrupted");
      assertThat(only(one).waits()).isEmpty();
      lock.close();
      assertThat(report(one).files()).isEmpty();
      // Unlocking is not disturbed.
      HandleLock next = theirs.lock(0, 1, false);
      Thread.currentThread().interrupt();
      next.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(report(one).files()).isEmpty();
    }
  }

  @Test
  default void handleLock_closedWhileWaiting_isEbadf() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    try (HandleLocks mine = HandleLocks.open(tree, "/f")) {
      mine.lock(0, 0, false);
      HandleLocks theirs = HandleLocks.open(tree, "/f");
      Locking endless = Locking.start(() -> theirs.lock(0, 1, false));
      Locking limited = Locking.start(() -> theirs.tryLock(1, 1, false, LONG));
      awaitWaiting(one, 2);
      theirs.close();
      assertThat(endless.ended()).isEqualTo("EBADF");
      assertThat(limited.ended()).isEqualTo("EBADF");
      fails(Errno.EBADF, () -> theirs.lock(0, 1, false));
    }
  }

  @Test
  default void handleLocks_closedWhileWaiting_leaveNone() throws Exception {
    Actor one = root();
    Tree tree = tree(one);
    try (HandleLocks mine = HandleLocks.open(tree, "/f");
        OpenFile file = tree.open("/f", O_RDWR, 0)) {
      HandleLock lock = mine.lock(0, 0, false);
      HandleLocks theirs = HandleLocks.of(file);
      Locking endless = Locking.start(() -> theirs.lock(0, 1, false));
      Locking limited = Locking.start(() -> theirs.tryLock(1, 1, false, LONG));
      awaitWaiting(one, 2);
      theirs.close();
      assertThat(endless.ended()).isEqualTo("EBADF");
      assertThat(limited.ended()).isEqualTo("EBADF");
      lock.close();
      assertThat(report(one).files()).isEmpty();
      fails(Errno.EBADF, () -> theirs.tryLock(0, 1, false));
    }
  }

  @Test
  default void handleLocks_ofAnOpenFile_leaveItOpen() throws Exception {
    Actor one = root();
    one.file("/f", "abc");
    Tree tree = tree(one);
    try (OpenFile reading = tree.open("/f", O_RDONLY, 0);
        OpenFile other = tree.open("/f", O_RDWR, 0)) {
      HandleLocks ranges = HandleLocks.of(reading);
      fails(Errno.EBADF, () -> ranges.lock(0, 1, false));
      fails(Errno.EINVAL, () -> ranges.lock(-1, 1, true));
      HandleLock lock = ranges.lock(0, 1, true);
      HandleLocks whole = HandleLocks.flock(reading);
      HandleLock flock = whole.lock(0, 0, false);
      assertThatThrownBy(() -> whole.tryLock(0, 0, false))
          .isInstanceOf(OverlappingFileLockException.class);
      assertThat(HandleLocks.flock(other).tryLock(0, 0, true)).isNull();
      ranges.close();
      assertThat(lock.isHeld()).isFalse();
      assertThat(flock.isHeld()).isTrue();
      assertThat(HandleLocks.of(other).tryLock(0, 0, false)).isNotNull();
      flock.close();
      assertThat(HandleLocks.flock(other).tryLock(0, 0, true)).isNotNull();
      assertThat(reading.fstat().size()).isEqualTo(3);
    }
  }

  // ---- the report ----

  @Test
  default void report_saysWhoHoldsAndWhoWaitsForWhom() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(BOB);
    long mine = one.make("/f");
    one.chmod("/f", 0666);
    long theirs = other.open("/f", O_RDWR);
    one.service()
        .lock(
            one.caller(),
            mine,
            new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.READ, 5, 5, 0),
            false);
    one.service()
        .lock(
            one.caller(), mine, RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.WRITE), false);
    Locking waiting =
        Locking.start(() -> {
          other
              .service()
              .lock(
                  other.caller(),
                  theirs,
                  new RangeLock(RangeLock.Kind.OFD, RangeLock.Type.WRITE, 9, 0, 0),
                  true);
          return null;
        });
    awaitWaiting(one, 1);
    LockReport.File file = only(one);
    assertThat(file.id()).isEqualTo(one.id("/f"));
    assertThat(file.held()).hasSize(2);
    LockReport.Lock posix = file.held().getFirst();
    LockReport.Lock flock = file.held().getLast();
    assertThat(posix)
        .isEqualTo(
            new LockReport.Lock(RangeLock.Kind.POSIX, false, 5, 9, posix.owner(), ALICE.pid()));
    assertThat(flock.kind()).isEqualTo(RangeLock.Kind.FLOCK);
    assertThat(flock.exclusive()).isTrue();
    LockReport.Wait wait = file.waits().getFirst();
    assertThat(wait.blockers()).containsExactly(posix.owner());
    assertThat(wait.wanted().kind()).isEqualTo(RangeLock.Kind.OFD);
    assertThat(wait.wanted().pid()).isEqualTo(BOB.pid());
    assertThat(wait.wanted().end()).isEqualTo(Long.MAX_VALUE);
    one.close(mine);
    waiting.ended();
    other.service().close();
    assertThat(report(one).files()).isEmpty();
  }

  @Test
  default void report_isOfFilesThatTheReaderCanReach() throws Exception {
    Actor one = root();
    one.mkdir("/d", 0700);
    long mine = one.make("/d/f");
    one.service()
        .lock(
            one.caller(), mine, RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE), false);
    LockReport seen = report(process(CAROL));
    assertThat(seen.files()).isEmpty();
    assertThat(seen.hidden()).isEqualTo(1);
    assertThat(report(one).hidden()).isZero();
    one.unlink("/d/f");
    assertThat(only(one).path()).isEqualTo(TreePath.of(""));
    fails(
        Errno.EOPNOTSUPP,
        () ->
            one.service().setxattr(one.caller(), one.root(), LockReport.ATTRIBUTE, new byte[0], 0));
  }

  @Test
  default void report_countsRefusedDeadlocks() throws Exception {
    Actor one = root();
    Actor other = root();
    RangeLock first = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 0, 1, 0);
    RangeLock second = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 1, 1, 0);
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    one.service().lock(one.caller(), mine, first, false);
    other.service().lock(other.caller(), theirs, second, false);
    Locking waiting =
        Locking.start(() -> {
          one.service().lock(one.caller(), mine, second, true);
          return null;
        });
    awaitWaiting(one, 1);
    fails(Errno.EDEADLK, () -> other.service().lock(other.caller(), theirs, first, true));
    assertThat(report(one).deadlocks()).isEqualTo(1);
    other.close(theirs);
    assertThat(waiting.ended()).isEqualTo("late"); // it has, and no HandleLock to show
  }
}
