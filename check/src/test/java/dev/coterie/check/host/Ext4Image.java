package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An ext4 of the kernel in a file, so that a test can fill it up and nobody else gives or takes
 * inodes there.
 */
public final class Ext4Image implements AutoCloseable {
  private final Path folder;
  private final Mounted mounted;

  /**
   * Skips or fails the test where none can be mounted.
   *
   * @param size as truncate(1) has it
   * @param options of the mount, with commas between them
   */
  public Ext4Image(String size, String options) throws IOException {
    HostTools.requireRoot();
    HostTools.requireTool("mkfs.ext4", "e2fsprogs");
    HostTools.require(Files.exists(Path.of("/dev/loop-control")), "the kernel has no loop devices");
    folder = Files.createTempDirectory("coterie-ext4-");
    Path image = folder.resolve("image");
    HostTools.run("truncate", "-s", size, image.toString());
    HostTools.run("mkfs.ext4", "-q", "-F", image.toString());
    Path directory = Files.createDirectory(folder.resolve("mounted"));
    mounted = new Mounted(directory, "-o", "loop," + options, image.toString());
  }

  public Path directory() {
    return mounted.directory();
  }

  /** Fails while anything in it is open. */
  @Override
  public void close() throws IOException {
    mounted.close();
    HostTools.removeAll(folder);
  }
}
