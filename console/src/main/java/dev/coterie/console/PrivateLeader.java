package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;

/**
 * A leader for whoever mounts one source: {@code host:DIR} or {@code tmpfs:NAME}. The first mount
 * starts it, further ones find it, and it ends after the last.
 *
 * <p>Coming and going meet on a lock beside the socket: a mount holds it from looking for the
 * leader until it is connected, and a leader that nobody uses any more holds it until it is gone.
 */
final class PrivateLeader implements AutoCloseable {
  private final String socket;
  private final FileChannel channel;

  private PrivateLeader(String socket, FileChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  /** Whether a source is one that a private leader serves. */
  static boolean isFor(String source) {
    return source.startsWith("host:") || source.startsWith("tmpfs:");
  }

  /** Finds the leader or starts one. It stays at least until this is closed. */
  static PrivateLeader open(String source, Console console) throws IOException, Failure {
    String kind = source.substring(0, source.indexOf(':'));
    String name = source.substring(kind.length() + 1);
    Caller self = ProcessIdentity.self();
    String mount =
        "/=tmpfs,mode=755,uid="
            + Integer.toUnsignedString(self.uid())
            + ",gid="
            + Integer.toUnsignedString(self.gid());
    if (kind.equals("host")) {
      Path directory = ByteText.local(name);
      if (!directory.isAbsolute() || !Files.isDirectory(directory)) {
        throw Failure.of(source + ": not the absolute path of a directory");
      }
      name = ByteText.local(directory.toRealPath());
      mount = "/=host:" + name;
    }
    if (name.indexOf(',') >= 0) {
      throw Failure.of(source + ": a name with a comma");
    }
    String usual = SocketPath.usualToListen(console);
    String socket = ByteText.join(folderOf(usual), kind + "-" + digest(name));
    PrivateLeader leader = new PrivateLeader(socket, lock(socket));
    try {
      if (!leader.answers()) {
        Detached.start(
            List.of("up", "--socket", socket, "--mount", mount, "--until-unused"),
            ByteText.local(socket + ".log"));
      }
      return leader;
    } catch (IOException | Failure | RuntimeException e) {
      leader.close();
      throw e;
    }
  }

  /** The lock beside a socket, held until the channel is closed. */
  static FileChannel lock(String socket) throws IOException {
    FileChannel channel =
        FileChannel.open(
            ByteText.local(socket + ".users"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    assert lock.isValid();
    return channel;
  }

  private static String folderOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  /** Short enough for the path of a socket. */
  private static String digest(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.ISO_8859_1)).toString();
  }

  private boolean answers() throws IOException {
    if (!Files.exists(ByteText.local(socket))) {
      return false;
    }
    try (LeaderLink link = LeaderLink.open(socket)) {
      return link.service() != null;
    } catch (Failure e) {
      return false; // left behind by one that was killed
    }
  }

  String socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
