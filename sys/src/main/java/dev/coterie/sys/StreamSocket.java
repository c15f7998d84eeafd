package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A stream socket, listening or connected, for one platform thread that reads and others that
 * write. On this path a Java thread is as fast as C, and the peer's numeric identity is to be had.
 *
 * <p>{@link #shutdown} may be called from any thread and ends what blocks in the socket; {@link
 * #close} only when no other thread uses it any more, as the kernel gives the number of a closed
 * descriptor to whoever opens next.
 */
public final class StreamSocket implements AutoCloseable {
  // Values of x86-64 and aarch64 Linux: bits/socket.h, asm-generic/socket.h.
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_REUSEADDR = 2;
  private static final int SO_PEERCRED = 17;
  private static final int SO_PEERGROUPS = 59;
  private static final int IPPROTO_TCP = 6;
  private static final int TCP_NODELAY = 1;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final short POLLIN = 1;
  private static final int SHUT_WR = 1;
  private static final int SHUT_RDWR = 2;
  private static final int BACKLOG = 4096;

  /** struct sockaddr_un: family[2] path[108]. */
  private static final int UNIX_PATH_OFFSET = 2;

  private static final int UNIX_PATH_BYTES = 108;

  /** struct sockaddr_in: family[2] port[2, network order] address[4, network order] zero[8]. */
  private static final int INET_BYTES = 16;

  private static final int INET_PORT_OFFSET = 2;
  private static final int INET_ADDRESS_OFFSET = 4;
  private static final byte[] LOOPBACK = {127, 0, 0, 1};

  private static final int GROUPS_MOST = 65_536;

  private final int fd;
  private boolean closed; // guarded by this: after close the number may be another's

  /** struct pollfd: fd[4] events[2] revents[2]; of the one who receives. */
  private final MemorySegment incoming = Arena.ofAuto().allocate(8, Integer.BYTES);

  private StreamSocket(int fd) {
    this.fd = fd;
    incoming.set(JAVA_INT, 0, fd);
    incoming.set(JAVA_SHORT, Integer.BYTES, POLLIN);
  }

  /**
   * Listens on a new unix socket that only its owner (and root) may connect to: mode 0600 from its
   * first moment.
   *
   * @throws ErrnoException ENAMETOOLONG over 106 bytes · EADDRINUSE something is there already
   */
  public static StreamSocket listenUnix(Path path) throws ErrnoException {
    byte[] bytes = requireUnixPath(path);
    StreamSocket socket = new StreamSocket(Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = unixAddress(arena, bytes);
      // Before bind the descriptor's mode is what the socket's file will get; afterwards would be
      // too late for a moment.
      Libc.fchmod(socket.fd, 0600);
      Libc.bind(socket.fd, address, unixAddressBytes(bytes));
      Libc.listen(socket.fd, BACKLOG);
      return socket;
    } catch (ErrnoException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Holds a path against what a socket's address has room for, less one byte which the JDK's own
   * sockets leave free: what they cannot connect to is not listened at.
   *
   * @return its bytes
   * @throws ErrnoException ENAMETOOLONG over 106 bytes
   */
  public static byte[] requireUnixPath(Path path) throws ErrnoException {
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= UNIX_PATH_BYTES - 1) {
      throw new ErrnoException(Errno.ENAMETOOLONG, "socket " + path);
    }
    return bytes;
  }

  static MemorySegment unixAddress(Arena arena, byte[] path) {
    MemorySegment address = arena.allocate(UNIX_PATH_OFFSET + UNIX_PATH_BYTES);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, address, JAVA_BYTE, UNIX_PATH_OFFSET, path.length);
    return address;
  }

  /** How much of it counts. */
  static int unixAddressBytes(byte[] path) {
    return UNIX_PATH_OFFSET + path.length + 1;
  }

  /** A socket that does nothing but hold a descriptor, for when there is no other left. EMFILE. */
  public static StreamSocket idle() throws ErrnoException {
    return new StreamSocket(Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  /** Listens on a TCP port of 127.0.0.1; 0: any free one, see {@link #port}. */
  public static StreamSocket listenLoopback(int port) throws ErrnoException {
    StreamSocket socket = new StreamSocket(Libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    try (Arena arena = Arena.ofConfined()) {
      socket.setOption(SOL_SOCKET, SO_REUSEADDR);
      MemorySegment address = arena.allocate(INET_BYTES, Integer.BYTES);
      address.set(JAVA_SHORT, 0, (short) AF_INET);
      address.set(JAVA_BYTE, INET_PORT_OFFSET, (byte) (port >>> 8));
      address.set(JAVA_BYTE, INET_PORT_OFFSET + 1, (byte) port);
      MemorySegment.copy(LOOPBACK, 0, address, JAVA_BYTE, INET_ADDRESS_OFFSET, LOOPBACK.length);
      Libc.bind(socket.fd, address, INET_BYTES);
      Libc.listen(socket.fd, BACKLOG);
      return socket;
    } catch (ErrnoException e) {
      socket.close();
      throw e;
    }
  }

  /** The TCP port this socket is bound to. */
  public int port() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(INET_BYTES, Integer.BYTES);
      Libc.getsockname(fd, address, arena.allocateFrom(JAVA_INT, INET_BYTES));
      int high = Byte.toUnsignedInt(address.get(JAVA_BYTE, INET_PORT_OFFSET));
      return high << 8 | Byte.toUnsignedInt(address.get(JAVA_BYTE, INET_PORT_OFFSET + 1));
    }
  }

  /**
   * Waits for the next connection. Any error after {@link #shutdown}; ECONNABORTED, EMFILE and the
   * like may pass.
   */
  public StreamSocket accept() throws ErrnoException {
    return new StreamSocket(Libc.accept4(fd, SOCK_CLOEXEC));
  }

  /** Has small messages leave at once: for TCP. */
  public void setNoDelay() throws ErrnoException {
    setOption(IPPROTO_TCP, TCP_NODELAY);
  }

  private void setOption(int level, int name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      Libc.setsockopt(fd, level, name, arena.allocateFrom(JAVA_INT, 1), Integer.BYTES);
    }
  }

  /** Who connected, for a unix socket. */
  public PeerCredentials peerCredentials() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      // struct ucred: pid[4] uid[4] gid[4]
      MemorySegment ucred = arena.allocate(3 * Integer.BYTES, Integer.BYTES);
      Libc.getsockopt(
          fd, SOL_SOCKET, SO_PEERCRED, ucred, arena.allocateFrom(JAVA_INT, 3 * Integer.BYTES));
      return new PeerCredentials(
          ucred.getAtIndex(JAVA_INT, 0),
          ucred.getAtIndex(JAVA_INT, 1),
          ucred.getAtIndex(JAVA_INT, 2),
          peerGroups(arena));
    }
  }

  private int[] peerGroups(Arena arena) throws ErrnoException {
    MemorySegment groups = arena.allocate(JAVA_INT, GROUPS_MOST);
    MemorySegment length = arena.allocateFrom(JAVA_INT, GROUPS_MOST * Integer.BYTES);
    Libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, length);
    return groups.asSlice(0, length.get(JAVA_INT, 0)).toArray(JAVA_INT);
  }

  /**
   * Waits for bytes. For one thread at a time.
   *
   * <p>It waits in poll(2), as on a unix socket the peer's reading of what was sent to it wakes
   * whoever waits in recv(2), for nothing: two switches of context, which cost more than the call.
   *
   * @return how many came; 0 at the end of the stream
   */
  public int receive(MemorySegment buffer, long offset, long length) throws ErrnoException {
    while (true) {
      try {
        MountCalls.poll(incoming, 1, -1);
        return (int) Libc.recv(fd, buffer.asSlice(offset, length), length, MSG_DONTWAIT);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR && e.errno() != Errno.EAGAIN) {
          throw e;
        }
      }
    }
  }

  /** Sends all bytes, waiting as long as the peer does not read. */
  public void sendFully(MemorySegment buffer, long offset, long length) throws ErrnoException {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      at += send(buffer, at, end - at, MSG_NOSIGNAL);
    }
  }

  /**
   * Sends what there is room for, without waiting.
   *
   * @return how many bytes went, perhaps 0
   */
  public int sendNow(MemorySegment buffer, long offset, long length) throws ErrnoException {
    try {
      return (int) send(buffer, offset, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN) {
        return 0;
      }
      throw e;
    }
  }

  private long send(MemorySegment buffer, long offset, long length, int flags)
      throws ErrnoException {
    while (true) {
      try {
        return Libc.send(fd, buffer.asSlice(offset, length), length, flags);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  /**
   * Ends both directions; who waits in the socket comes back. The descriptor stays until {@link
   * #close}.
   */
  public void shutdown() {
    shutdown(SHUT_RDWR);
  }

  /** Tells the peer that no more will be sent. */
  public void shutdownOutput() {
    shutdown(SHUT_WR);
  }

  private synchronized void shutdown(int how) {
    if (closed) {
      return;
    }
    try {
      Libc.shutdown(fd, how);
    } catch (ErrnoException e) {
      // ENOTCONN: the peer was faster, and nothing is left to shut.
      assert e.errno() == Errno.ENOTCONN || e.errno() == Errno.EINVAL : e;
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      Libc.close(fd);
    } catch (ErrnoException e) {
      // close(2): the descriptor is gone whatever is reported, and a socket has nothing to lose
      // by it.
      assert e.errno() != Errno.EBADF : e;
    }
  }
}
