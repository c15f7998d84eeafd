package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Many threads at everything at once in a tree so small that they always meet: no ring of waiting
 * threads, no broken invariant, and afterwards every link counted and nothing left over.
 */
class StormTest {
  private static final int THREADS = 4;
  private static final Duration LIMIT =
      Duration.ofMinutes(Boolean.getBoolean("coterie.full") ? 20 : 2);

  private final long seed = Long.getLong("coterie.seed", 1);
  private final int operations = Boolean.getBoolean("coterie.full") ? 2_000_000 : 20_000;
  private final Vfs vfs;

  StormTest() throws IOException {
    // Eight dentries for some fifty names: hits, misses and evictions all happen.
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(seed), 1, Barrier.OPEN, 8),
            Map.of(
                "/", TmpFs.Options.defaults().factory(),
                "/m", TmpFs.Options.defaults().factory()));
  }

  @Test
  void everything_byManyThreads_leavesATreeThatAddsUp() throws Exception {
    List<StatFs> before = space();
    // Threads in pairs share a session, so that what one forgets the other may be about to use.
    Session[] sessions = {vfs.openSession(), vfs.openSession()};
    ExecutorService threads =
        Executors.newFixedThreadPool(THREADS, Thread.ofPlatform().daemon().factory());
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      StormWorker worker =
          new StormWorker(vfs, sessions[i % 2], new Random(seed * 31 + i), operations / THREADS);
      running.add(threads.submit(worker));
    }
    long end = System.nanoTime() + LIMIT.toNanos();
    for (Future<?> future : running) {
      awaitEnd(future, end);
    }
    threads.shutdown();
    assertThat(Held.total()).isZero();
    for (Session session : sessions) {
      session.close();
    }
    requireLinksAddUp();
    try (Session session = vfs.openSession()) {
      removeAll(session, session.root(Caller.ROOT).id());
    }
    assertThat(vfs.counts().sessions()).isZero();
    assertThat(vfs.counts().tokens()).isZero();
    assertThat(space()).as("seed " + seed).isEqualTo(before);
    vfs.close();
  }

  private void awaitEnd(Future<?> future, long end) throws Exception {
    try {
      future.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      StringBuilder stacks = new StringBuilder("seed " + seed + ": no end in sight\n");
      Thread.getAllStackTraces()
          .forEach((thread, frames) -> {
            stacks.append(thread).append(' ').append(thread.getState()).append('\n');
            for (StackTraceElement frame : frames) {
              stacks.append("    ").append(frame).append('\n');
            }
          });
      throw new AssertionError(stacks.toString(), e);
    }
  }

  private List<StatFs> space() throws ErrnoException {
    try (Session session = vfs.openSession()) {
      InodeId root = session.root(Caller.ROOT).id();
      InodeId mounted = session.lookup(Caller.ROOT, root, Name.of("m")).id();
      return List.of(session.statfs(Caller.ROOT, root), session.statfs(Caller.ROOT, mounted));
    }
  }

  // ---- afterwards ----

  /** Each inode has as many links as names lead to it. */
  private void requireLinksAddUp() throws ErrnoException {
    Map<InodeId, Integer> names = new HashMap<>();
    Map<InodeId, Stat> files = new HashMap<>();
    try (Session session = vfs.openSession()) {
      count(session, session.root(Caller.ROOT), names, files);
    }
    files.forEach((id, stat) ->
        assertThat(stat.nlink())
            .as("seed %d %s", seed, stat)
            .isEqualTo((long) names.getOrDefault(id, 0)));
  }

  private void count(
      Session session, Stat dir, Map<InodeId, Integer> names, Map<InodeId, Stat> files)
      throws ErrnoException {
    int directories = 0;
    for (DirEntry entry : list(session, dir.id())) {
      Stat found = session.lookup(Caller.ROOT, dir.id(), entry.name());
      assertThat(found.id()).isEqualTo(entry.id());
      if (found.isDirectory()) {
        directories++;
        Stat above = session.lookup(Caller.ROOT, found.id(), Name.DOT_DOT);
        assertThat(above.id()).as("..").isEqualTo(dir.id());
        count(session, found, names, files);
      } else {
        names.merge(found.id(), 1, Integer::sum);
        files.put(found.id(), found);
      }
    }
    assertThat(dir.nlink()).as("links of a directory").isEqualTo(2 + directories);
  }

  private static List<DirEntry> list(Session session, InodeId dir) throws ErrnoException {
    long handle = session.open(Caller.ROOT, dir, OpenFlags.O_RDONLY).handle();
    List<DirEntry> entries = session.readdir(Caller.ROOT, handle, 0, 1 << 20, false);
    session.close(Caller.ROOT, handle);
    return entries.stream().filter(entry -> !entry.name().isDots()).toList();
  }

  private void removeAll(Session session, InodeId dir) throws ErrnoException {
    for (DirEntry entry : list(session, dir)) {
      if (entry.type() != Mode.direntType(Mode.S_IFDIR)) {
        session.unlink(Caller.ROOT, dir, entry.name());
        continue;
      }
      removeAll(session, session.lookup(Caller.ROOT, dir, entry.name()).id());
      try {
        session.rmdir(Caller.ROOT, dir, entry.name());
      } catch (ErrnoException e) {
        assertThat(e.errno()).isEqualTo(Errno.EBUSY);
      }
    }
  }
}
