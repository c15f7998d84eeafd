package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Meetings of a rename with others that could close a ring of waiting threads. */
@Timeout(180)
class RenameLockingTest {
  private static final Caller ROOT = Caller.ROOT;
  private static final Duration SOON = Duration.ofSeconds(60);

  private final HookedTmpFs tmpfs = new HookedTmpFs();
  private final Session session;
  private final InodeId root;

  RenameLockingTest() throws IOException {
    // One dentry: every name is asked of the mount, where a test can stop an operation.
    Vfs vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 1, Barrier.OPEN, 1),
            Map.of("/", tmpfs.factory()));
    session = vfs.openSession();
    root = session.root(ROOT).id();
  }

  private interface Task {
    void run() throws ErrnoException;
  }

  private static Thread start(Task task) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            task.run();
          } catch (ErrnoException e) {
            // The test looks at what came of it.
          }
        });
  }

  private static void awaitWaiting(Thread thread) {
    await().atMost(SOON).until(() -> thread.getState() == Thread.State.WAITING);
  }

  private static void requireEnd(Thread... threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(SOON);
      assertThat(thread.isAlive()).as("still waiting: " + thread).isFalse();
    }
  }

  /** Starts a removal of a name and stops it when its directory is locked, before the inode is. */
  private Thread startRemoval(InodeId dir, Name name, boolean directory, CountDownLatch goOn) {
    CountDownLatch stopped = new CountDownLatch(1);
    tmpfs.set((method, arguments) -> {
      if (method.equals("lookup") && name.equals(arguments[1]) && stopped.getCount() > 0) {
        stopped.countDown();
        awaitQuietly(goOn);
      }
    });
    Thread removal =
        start(() -> {
          if (directory) {
            session.rmdir(ROOT, dir, name);
          } else {
            session.unlink(ROOT, dir, name);
          }
        });
    awaitQuietly(stopped);
    return removal;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void exchangeOfFileAndDirectory_whileTheFilesOtherNameInItIsRemoved_ends() throws Exception {
    InodeId file = session.create(ROOT, root, Name.of("f"), OpenFlags.O_CREAT, 0644).stat().id();
    InodeId dir = session.mkdir(ROOT, root, Name.of("d"), 0755).id();
    session.link(ROOT, file, dir, Name.of("g"));
    session.mkdir(ROOT, root, Name.of("last"), 0755);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread removal = startRemoval(dir, Name.of("g"), false, goOn);
    int exchange = Operation.Rename.RENAME_EXCHANGE;
    Thread rename =
        start(() -> session.rename(ROOT, root, Name.of("f"), root, Name.of("d"), exchange));
    awaitWaiting(rename);
    goOn.countDown();
    requireEnd(removal, rename);
    assertThat(session.lookup(ROOT, root, Name.of("f")).id()).isEqualTo(dir);
    assertThat(session.getattr(ROOT, file).nlink()).isEqualTo(1);
  }

  @Test
  void exchangeOfTwoDirectories_whileOthersWorkBelowThem_ends() throws Exception {
    InodeId below = session.mkdir(ROOT, root, Name.of("c"), 0755).id();
    session.create(ROOT, below, Name.of("x"), OpenFlags.O_CREAT, 0644);
    InodeId one = session.mkdir(ROOT, root, Name.of("s"), 0755).id();
    InodeId two = session.mkdir(ROOT, root, Name.of("t"), 0755).id();
    session.rename(ROOT, root, Name.of("c"), two, Name.of("c"), 0);
    session.mkdir(ROOT, root, Name.of("last"), 0755);
    CountDownLatch goOn = new CountDownLatch(1);
    // One holds t and wants c, one holds s and wants t, one holds c and wants s.
    Thread removal = startRemoval(two, Name.of("c"), true, goOn);
    Thread exchange =
        start(() ->
            session.rename(
                ROOT, root, Name.of("s"), root, Name.of("t"), Operation.Rename.RENAME_EXCHANGE));
    awaitWaiting(exchange);
    Thread move = start(() -> session.rename(ROOT, below, Name.of("x"), one, Name.of("x"), 0));
    awaitWaiting(move);
    goOn.countDown();
    requireEnd(removal, exchange, move);
    assertThat(session.lookup(ROOT, one, Name.of("x")).nlink()).isEqualTo(1);
  }
}
