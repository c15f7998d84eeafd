package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.PatientAlarm;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.util.Map;

/**
 * What the suite runs over: one fresh tree with mounts as those of {@link #mounts}, and sessions of
 * it.
 */
interface Target extends AutoCloseable {
  /** Mounts of a target in memory: a tmpfs at each path. */
  static Map<String, MountFactory> mounts() {
    return Map.of(
        "/", tmpfs(64 << 20, 100_000, false, AtimePolicy.RELATIME),
        "/other", tmpfs(1 << 20, 1000, false, AtimePolicy.RELATIME),
        "/other/deep", tmpfs(1 << 20, 1000, false, AtimePolicy.RELATIME),
        "/ro", tmpfs(1 << 20, 1000, true, AtimePolicy.RELATIME),
        "/noatime", tmpfs(1 << 20, 1000, false, AtimePolicy.NOATIME),
        "/strict", tmpfs(1 << 20, 1000, false, AtimePolicy.STRICTATIME),
        "/small", tmpfs(SMALL_BYTES, SMALL_INODES, false, AtimePolicy.RELATIME));
  }

  /** Size of the mount at /small. */
  long SMALL_BYTES = 64 << 10;

  /** Inodes of the mount at /small, its root among them. */
  long SMALL_INODES = 16;

  private static MountFactory tmpfs(long size, long inodes, boolean readOnly, AtimePolicy atime) {
    return new TmpFs.Options(size, inodes, 01777, 0, 0, readOnly, atime).factory();
  }

  /** A new session, on whose behalf any caller may be named. */
  FileService openSession() throws IOException;

  /** The clock of the tree, and of the files in it where its mounts have none of their own. */
  MovableClock clock();

  /** Ends waits whose time is up. */
  PatientAlarm alarm();

  /** Moves the clock of the files on. */
  default Moment tick() {
    return Moment.at(clock().tick());
  }

  /** Lets the tree end tokens whose time is up. */
  void expire();

  /** Sessions and tokens the tree has now. */
  int sessions();

  int tokens();

  @Override
  void close();
}
