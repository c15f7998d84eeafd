package dev.coterie.check.mount;

import static org.awaitility.Awaitility.await;

import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Mounts of one tree in memory by this process, which does not touch them, and what is known of
 * them beside what programs see: a program that has closed its files or has been killed can be gone
 * before its mount has been told.
 */
final class LockMounts implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  final List<Path> places = new ArrayList<>();
  private final List<FuseMount> mounts = new ArrayList<>();
  private final List<LockWaits> services = new ArrayList<>();
  private final List<AutoCloseable> toClose = new ArrayList<>();

  LockMounts(Path folder, int count, boolean uring) throws Exception {
    boolean done = false;
    try {
      if (uring) {
        toClose.add(UringSwitch.set(true));
      }
      Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
      toClose.add(leader);
      for (int i = 0; i < count; i++) {
        places.add(Files.createDirectory(folder.resolve("mount" + i)));
        LockWaits service = new LockWaits(leader.openSession());
        services.add(service);
        toClose.add(service);
        FuseMount mount =
            FuseMount.mount(service, places.get(i), FuseMount.Options.DEFAULT.withUring(uring));
        mounts.add(mount);
        toClose.add(mount);
      }
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** Waits until so many requests of all mounts wait for locks. */
  void awaitWaiting(int expected) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> services.stream().mapToInt(LockWaits::waiting).sum() == expected);
  }

  /** Waits until a mount has been told so often that a descriptor, and that a file was closed. */
  void awaitClosed(int mount, long descriptors, long files) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> asked(mount, "flush") == descriptors && asked(mount, "release") == files);
  }

  private long asked(int mount, String label) {
    return mounts.get(mount).meters().lines().stream()
        .filter(line -> line.label().equals(label))
        .mapToLong(Meters.Line::count)
        .sum();
  }

  @Override
  public void close() throws IOException {
    IOException failed = null;
    for (AutoCloseable each : toClose.reversed()) {
      try {
        each.close();
      } catch (Exception e) {
        failed = new IOException(e);
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
