package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The suite's mounts as directories of the host; all but the first on a tmpfs of their own. */
final class HostDirectories implements AutoCloseable {
  private final Path folder;
  private final Map<String, MountFactory> mounts = new LinkedHashMap<>();
  private final List<Path> mounted = new ArrayList<>();
  private final Thread closing = new Thread(() -> remove("-l"));

  /**
   * @param place where the directory at "/" is made
   */
  HostDirectories(Path place) throws IOException {
    HostTools.requireRoot();
    folder = Files.createTempDirectory(place, "coterie-nio-");
    Runtime.getRuntime().addShutdownHook(closing);
    Path root = Files.createDirectory(folder.resolve("root"));
    Files.setAttribute(root, "unix:mode", 01777);
    mounts.put("/", new HostFs.Options(root, false, false).factory());
    tmpfs("/other", "16m", false);
    tmpfs("/ro", "1m", true);
    tmpfs("/small", "64k", false);
  }

  private void tmpfs(String path, String size, boolean readOnly) throws IOException {
    Path directory = Files.createDirectory(folder.resolve(path.substring(1)));
    HostTools.run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", directory.toString());
    mounted.add(directory);
    mounts.put(path, new HostFs.Options(directory, readOnly, false).factory());
  }

  Map<String, MountFactory> mounts() {
    return mounts;
  }

  /**
   * @param how {@code --}: fails while anything of it is open, as nothing of ours may be; {@code
   *     -l}: when the test is stopped in the middle
   */
  private synchronized void remove(String how) {
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

  @Override
  public void close() {
    remove("--");
    Runtime.getRuntime().removeShutdownHook(closing);
  }
}
