package dev.coterie.leader;

import dev.coterie.sys.StreamSocket;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The path of a leader's unix socket. A lock on a file beside it says that a leader lives, whatever
 * became of the socket's name; so a name that a dead leader left behind is taken over, and that of
 * a living one never.
 */
final class SocketFile implements AutoCloseable {
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
   * @throws IOException another leader or another program serves there, or something that is no
   *     socket is in the way
   */
  static SocketFile listen(Path path) throws IOException {
    Path lockPath = path.resolveSibling(path.getFileName() + ".lock");
    FileChannel channel =
        FileChannel.open(
            lockPath,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      if (tryLock(channel) == null) {
        throw new IOException("another leader serves " + path);
      }
      removeStale(path);
      return new SocketFile(path, channel, StreamSocket.listenUnix(path));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // a leader of this very process
    }
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

  private static boolean answers(Path path) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      return false;
    }
  }

  StreamSocket socket() {
    return socket;
  }

  /** Takes the name away; the socket itself is closed by who accepts on it. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
    Files.deleteIfExists(path.resolveSibling(path.getFileName() + ".lock"));
    lockChannel.close();
  }
}
