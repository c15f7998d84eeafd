package dev.coterie.check.posix;

import dev.coterie.check.host.Ext4Image;
import dev.coterie.check.host.HostTools;
import dev.coterie.check.host.Mounted;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Directories of the host like the mounts of a {@link Layout}: tmpfs of the kernel, or the first
 * one a directory on ext4. All that was mounted for them is gone once they are closed.
 */
final class HostDirectories implements AutoCloseable {
  private final Path folder;
  private final Layout layout;
  private final Map<String, Path> directories = new LinkedHashMap<>();
  private final List<Mounted> mounted = new ArrayList<>();
  private @Nullable Ext4Image image;

  private HostDirectories(Path place, Layout layout) throws IOException {
    this.layout = layout;
    folder = Files.createTempDirectory(place, "coterie-posix-");
  }

  /** All of them, each a mount of its own, for a tree of ours. */
  static HostDirectories ofTmpfs(Path place, Layout layout) throws IOException {
    HostDirectories made = new HostDirectories(place, layout);
    made.tmpfs("/");
    made.tmpfsBelow();
    return made;
  }

  /** The first on an ext4 of its own, for a tree of ours. */
  static HostDirectories onExt4(Path place, Layout layout) throws IOException {
    HostDirectories made = firstOnExt4(place, layout);
    made.tmpfsBelow();
    return made;
  }

  /** The first alone, for the kernel: it mounts what is below itself. */
  static HostDirectories firstOnExt4(Path place, Layout layout) throws IOException {
    HostDirectories made = new HostDirectories(place, layout);
    Ext4Image image = new Ext4Image("512M", TmpfsOptions.policy(layout.atime()));
    made.image = image;
    Path root = Files.createDirectory(image.directory().resolve("root"));
    Files.setAttribute(root, "unix:mode", TmpfsOptions.MODE);
    made.directories.put("/", root);
    return made;
  }

  private void tmpfs(String path) throws IOException {
    Path directory = Files.createDirectory(folder.resolve("d" + directories.size()));
    TmpfsOptions options = Objects.requireNonNull(layout.mounts().get(path));
    mounted.add(new Mounted(directory, "-t", "tmpfs", "-o", options.toMount(), "tmpfs"));
    directories.put(path, directory);
  }

  private void tmpfsBelow() throws IOException {
    for (String path : layout.mounts().keySet()) {
      if (!path.equals("/")) {
        tmpfs(path);
      }
    }
  }

  Path first() {
    return Objects.requireNonNull(directories.get("/"));
  }

  Map<String, MountFactory> toCoterie() {
    return toCoterie(false);
  }

  /**
   * @param alone whether nobody but the tree changes them, so that copies are kept
   */
  Map<String, MountFactory> toCoterie(boolean alone) {
    Map<String, MountFactory> mounts = new LinkedHashMap<>();
    directories.forEach((path, directory) -> {
      boolean readOnly = Objects.requireNonNull(layout.mounts().get(path)).readOnly();
      mounts.put(path, new HostFs.Options(directory, readOnly, false, alone).factory());
    });
    return mounts;
  }

  static Pace.Kind pace(Layout layout) {
    return layout.atime() == AtimePolicy.RELATIME ? Pace.Kind.HOST_SLOW : Pace.Kind.HOST;
  }

  /** Fails while anything in them is open. */
  @Override
  public void close() throws IOException {
    for (Mounted one : mounted.reversed()) {
      one.close();
    }
    HostTools.removeAll(folder);
    if (image != null) {
      image.close();
    }
  }
}
