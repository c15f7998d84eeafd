package dev.coterie.check.suite;

import dev.coterie.api.Timestamp;
import dev.coterie.check.host.HostTools;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Directories of the host like the mounts of {@link Target#mounts}: each small one is a tmpfs of
 * the kernel of that size, the first a directory of the file system under test. Made once for all
 * checks and emptied for each.
 */
final class HostMounts implements AutoCloseable {
  private final Path folder;
  private final boolean alone;
  private final Map<String, Path> directories = new LinkedHashMap<>();
  private final List<Path> mounted = new ArrayList<>();
  private final Thread closing = new Thread(() -> close("-l"));

  /**
   * @param place where the first directory lies
   * @param alone whether nobody but the tree changes them
   */
  HostMounts(Path place, boolean alone) throws IOException {
    HostTools.requireRoot();
    this.alone = alone;
    folder = Files.createTempDirectory(place, "coterie-host-");
    Runtime.getRuntime().addShutdownHook(closing);
    directories.put("/", Files.createDirectory(folder.resolve("root")));
    tmpfs("/other", "size=1m,nr_inodes=1000");
    tmpfs("/other/deep", "size=1m,nr_inodes=1000");
    tmpfs("/ro", "size=1m,nr_inodes=1000");
    tmpfs("/noatime", "size=1m,nr_inodes=1000,noatime");
    tmpfs("/strict", "size=1m,nr_inodes=1000,strictatime");
    tmpfs("/small", "size=" + Target.SMALL_BYTES + ",nr_inodes=" + Target.SMALL_INODES);
  }

  private void tmpfs(String path, String options) throws IOException {
    Path directory = Files.createDirectory(folder.resolve(path.substring(1).replace('/', '-')));
    HostTools.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString());
    mounted.add(directory);
    directories.put(path, directory);
  }

  /** The directories, empty and as new. */
  Map<String, MountFactory> fresh() throws IOException {
    Map<String, MountFactory> mounts = new LinkedHashMap<>();
    for (Map.Entry<String, Path> entry : directories.entrySet()) {
      HostTools.empty(entry.getValue());
      Files.setAttribute(entry.getValue(), "unix:mode", 01777);
      Files.setAttribute(entry.getValue(), "unix:uid", 0);
      Files.setAttribute(entry.getValue(), "unix:gid", 0);
      boolean readOnly = entry.getKey().equals("/ro");
      mounts.put(entry.getKey(), new HostFs.Options(entry.getValue(), readOnly, false, alone).factory());
    }
    return mounts;
  }

  /** Waits until the host gives files a later time than any before: its clock moves in steps. */
  Moment tick() {
    try {
      Path probe = folder.resolve("clock");
      Files.deleteIfExists(probe);
      FileTime before = Files.getLastModifiedTime(Files.createFile(probe));
      FileTime after = before;
      while (after.compareTo(before) <= 0) {
        Files.delete(probe);
        after = Files.getLastModifiedTime(Files.createFile(probe));
      }
      return Moment.from(
          new Timestamp(
              after.to(TimeUnit.SECONDS), (int) (after.to(TimeUnit.NANOSECONDS) % 1_000_000_000)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    close("--");
  }

  /**
   * @param how {@code --}: fails while anything of it is open, as nothing of ours may be; {@code
   *     -l}: when the test is stopped in the middle
   */
  private synchronized void close(String how) {
    try {
      for (Path directory : mounted.reversed()) {
        HostTools.run("umount", how, directory.toString());
      }
      mounted.clear();
      HostTools.removeAll(folder);
    } catch (IOException e) {
      throw new AssertionError("left behind: " + folder, e);
    }
  }
}
