package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An overlay file system of the kernel, whose file handles cannot be opened (it is mounted without
 * nfs_export): what a container's root usually is.
 */
public final class Overlay implements AutoCloseable {
  private final Path folder;
  private final Path directory;

  /** Skips or fails the test where none can be mounted. */
  public Overlay() throws IOException {
    HostTools.requireRoot();
    HostTools.require(
        Files.readString(Path.of("/proc/filesystems")).contains("\toverlay\n"),
        "the kernel has no overlay file system");
    folder = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-overlay-");
    Path lower = Files.createDirectory(folder.resolve("lower"));
    Path upper = Files.createDirectory(folder.resolve("upper"));
    Path work = Files.createDirectory(folder.resolve("work"));
    directory = Files.createDirectory(folder.resolve("merged"));
    String options = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work;
    HostTools.run("mount", "-t", "overlay", "-o", options, "overlay", directory.toString());
  }

  public Path directory() {
    return directory;
  }

  @Override
  public void close() {
    try {
      HostTools.run("umount", directory.toString());
      HostTools.removeAll(folder);
    } catch (IOException e) {
      throw new AssertionError("left behind: " + folder, e);
    }
  }
}
