package dev.coterie.check.mount;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder in which the user nobody finds the product and a directory of its own, and scripts that
 * it runs there. Each is in a mount namespace in which everybody may open /dev/fuse, as udev has
 * it, what it mounts and leaves behind ends with it.
 */
final class UserPlace {
  /** uid and gid of nobody on every Linux (the kernel's overflow ids). */
  private static final int NOBODY = 65534;

  /** {@code $1} the folder; the rest runs as nobody in its directory. */
  private static final String ENTER =
      """
      set -e
      cp -a /dev/fuse "$1/fuse"
      chmod 666 "$1/fuse"
      mount --bind "$1/fuse" /dev/fuse
      rm "$1/fuse"
      mount -t fusectl none /sys/fs/fuse/connections
      cd "$1/own"
      exec setpriv --reuid %1$d --regid %1$d --clear-groups --bounding-set=+all sh -c "$2" sh
      """
          .formatted(NOBODY);

  private final Path folder;

  private UserPlace(Path folder) {
    this.folder = folder;
  }

  /** Makes one; copies of the classes, as the user may not go where they are. */
  static UserPlace in(Path folder) throws IOException, InterruptedException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path classes = Files.createDirectory(folder.resolve("classes"));
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path from = Path.of(entry);
      boolean needed =
          Files.isDirectory(from) || entry.matches(".*/(coterie|picocli|jackson)[^/]*\\.jar");
      if (!entry.isEmpty() && needed && Files.exists(from)) {
        Path to = classes.resolve(path.size() + "-" + from.getFileName());
        Shell.run("cp -r \"$1\" \"$2\" && chmod -R a+rX \"$2\"", from, to).ok();
        path.add(to.toString());
      }
    }
    Path program = folder.resolve("coterie");
    List<String> line = Coterie.line();
    line.set(line.indexOf("-cp") + 1, String.join(File.pathSeparator, path));
    line.add(1, "-Djava.io.tmpdir=" + folder.resolve("own"));
    Files.writeString(program, "#!/bin/sh\nexec '" + String.join("' '", line) + "' \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path own = Files.createDirectory(folder.resolve("own"));
    Files.setAttribute(own, "unix:uid", NOBODY);
    Files.setAttribute(own, "unix:gid", NOBODY);
    return new UserPlace(folder);
  }

  /** The user's directory. */
  Path own() {
    return folder.resolve("own");
  }

  /** Runs a script as nobody; {@code coterie} in it is the product. */
  Shell run(String script) throws IOException, InterruptedException {
    List<String> line =
        List.of(
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            ENTER,
            "sh",
            folder.toString(),
            "PATH=" + folder + ":$PATH\n" + script);
    return Shell.run(line, Map.of("XDG_RUNTIME_DIR", "", "COTERIE_SOCKET", ""));
  }

  /** Directories that runs of the user's have made and left. */
  long leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(own())) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("coterie-run-"))
          .count();
    }
  }
}
