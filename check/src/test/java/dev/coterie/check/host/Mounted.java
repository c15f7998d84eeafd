package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A mount of the kernel for a test, which goes with it: also when the test is ended from outside.
 */
public final class Mounted implements AutoCloseable {
  private static final Deque<Path> LEFT = new ArrayDeque<>(); // guarded by itself; the newest first

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Mounted::detachAll));
  }

  private final Path directory;

  /**
   * Mounts something.
   *
   * @param words for mount(8), before the directory
   */
  public Mounted(Path directory, String... words) throws IOException {
    this.directory = directory;
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(List.of(words));
    command.add(directory.toString());
    HostTools.run(command.toArray(String[]::new));
    synchronized (LEFT) {
      LEFT.addFirst(directory);
    }
  }

  public Path directory() {
    return directory;
  }

  /** Fails while anything in it is open. */
  @Override
  public void close() throws IOException {
    HostTools.run("umount", directory.toString());
    synchronized (LEFT) {
      LEFT.remove(directory);
    }
  }

  private static void detachAll() {
    synchronized (LEFT) {
      for (Path directory : LEFT) {
        try {
          HostTools.run("umount", "-l", directory.toString());
        } catch (IOException e) {
          System.err.println("left behind: " + e.getMessage());
        }
      }
    }
  }
}
