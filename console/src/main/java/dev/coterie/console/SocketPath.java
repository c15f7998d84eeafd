package dev.coterie.console;

import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** Where the leader of this user listens when nobody says where. */
final class SocketPath {
  static final String VARIABLE = "COTERIE_SOCKET";

  /** Longest path of a unix socket, in bytes (unix(7), sun_path less its NUL). */
  static final int BYTES_MAX = 107;

  private static final String RUNTIME = "XDG_RUNTIME_DIR";

  private SocketPath() {}

  /** The usual path. In a folder of /tmp it is believed only if that folder is this user's own. */
  static String usual(Console console) throws Failure {
    String runtime = console.environment(RUNTIME);
    if (!runtime.isEmpty()) {
      return ByteText.join(runtime, "coterie/socket");
    }
    String folder = folderInTmp();
    Path path = Path.of(folder);
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      requireOwn(path);
    }
    return folder + "/socket";
  }

  /** The usual path, its folder made where there is none. */
  static String usualToListen(Console console) throws Failure {
    String socket = usual(console);
    Path folder = ByteText.local(socket.substring(0, socket.lastIndexOf('/')));
    try {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      requireOwn(folder);
    } catch (IOException e) {
      throw Failure.of(folder.toString(), e);
    }
    return socket;
  }

  private static String folderInTmp() {
    return "/tmp/coterie-" + Integer.toUnsignedString(ProcessIdentity.self().uid());
  }

  /** Anybody can make a folder in /tmp and wait there for those who trust its name. */
  private static void requireOwn(Path folder) throws Failure {
    Map<String, Object> found;
    try {
      found = Files.readAttributes(folder, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw Failure.of(folder.toString(), e);
    }
    int mode = (Integer) found.getOrDefault("mode", 0);
    Object uid = found.get("uid");
    boolean own = Integer.valueOf(ProcessIdentity.self().uid()).equals(uid);
    if (mode >>> 12 != 04 || !own || (mode & 022) != 0) {
      throw Failure.of(folder + ": not a folder of this user alone");
    }
  }
}
