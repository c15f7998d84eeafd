package dev.coterie.leader;

import dev.coterie.sys.StreamSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The path of a leader's unix socket. A lock on a file beside it says that a leader lives, whatever
 * became of the socket's name; so a name that a dead leader left behind is taken over, and that of
 * a living one never.
 *
 * <p>The lock's file stays when the leader ends. Were it removed, another leader could have opened
 * it just before, and would then hold a lock on a file that nobody finds any more.
 */
final class SocketFile implements AutoCloseable {
  /**
   * Paths that leaders of this process serve. A lock is the process's, not the channel's: closing
   * any descriptor of the file gives it up (fcntl_locking(2)). So a second leader here must not
   * even open it.
   */
  private static final Set<Path> SERVED = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel lockChannel;
  private final StreamSocket socket;

  private SocketFile(Path path, FileChannel lockChannel, StreamSocket socket) {
    this.path = path;
    this.lockChannel = lockChannel;
    this.socket = socket;
  }

  /**
   * Listens at a path.
   *
   * @throws IOException another leader or another program serves there, something that is no socket
   *     is in the way, there is no such folder, or the path is too long for a socket
   */
  static SocketFile listen(Path path) throws IOException {
    StreamSocket.requireUnixPath(path);
    Path known = inRealFolder(path);
    if (!SERVED.add(known)) {
      throw taken(path);
    }
    FileChannel channel = null;
    StreamSocket socket = null;
    try {
      channel = openLock(path);
      if (channel.tryLock() == null) {
        throw taken(path);
      }
      removeStale(path);
      socket = StreamSocket.listenUnix(path);
      return new SocketFile(known, channel, socket);
    } finally {
      if (socket == null) {
        if (channel != null) {
          channel.close();
        }
        SERVED.remove(known);
      }
    }
  }

  private static IOException taken(Path path) {
    return new IOException("another leader serves " + path);
  }

  private static Path inRealFolder(Path path) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || path.getFileName() == null) {
      throw new IOException(path + " is a folder");
    }
    try {
      return folder.toRealPath().resolve(path.getFileName());
    } catch (NoSuchFileException e) {
      throw new IOException("no folder " + folder + " for the socket", e);
    }
  }

  private static FileChannel openLock(Path path) throws IOException {
    return FileChannel.open(
        path.resolveSibling(path.getFileName() + ".lock"),
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    boolean socket =
        (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) >>> 12 == 014;
    if (!socket) {
      throw new IOException(path + " exists and is not a socket");
    }
    if (answers(path)) {
      throw new IOException("another program serves " + path);
    }
    Files.delete(path);
  }

  /**
   * Whether someone listens there. Only "Connection refused" says that nobody does; an error also
   * comes when so many wait there that nobody more can.
   */
  private static boolean answers(Path path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      channel.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  StreamSocket socket() {
    return socket;
  }

  /** Takes the name away; the socket itself is closed by who accepts on it. */
  @Override
  public void close() throws IOException {
    try (lockChannel) {
      Files.deleteIfExists(path);
    } finally {
      SERVED.remove(path);
    }
  }
}
