package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Sockets, and the host's users: bindings, one method each, with the C prototype as its javadoc. A
 * call that fails gives its errno as an exception.
 */
final class Libc {
  private Libc() {}

  private static final MethodHandle SOCKET =
      function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = function("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = function("listen", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CONNECT =
      function("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle ACCEPT4 =
      function("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle RECV =
      function("recv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SEND =
      function("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SHUTDOWN = function("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle FCHMOD = function("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle GETSOCKOPT =
      function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle SETSOCKOPT =
      function("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETSOCKNAME =
      function("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle GETEUID = function("geteuid", JAVA_INT);
  private static final MethodHandle GETPWUID_R =
      function("getpwuid_r", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle GETPWNAM_R =
      function("getpwnam_r", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle GETGROUPLIST =
      function("getgrouplist", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);

  // ---- sockets ----

  /** {@code int socket(int domain, int type, int protocol)}. */
  static int socket(int domain, int type, int protocol) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) SOCKET.invokeExact(state, domain, type, protocol), "socket");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int bind(int fd, const struct sockaddr *addr, socklen_t len)}. */
  static void bind(int fd, MemorySegment address, int length) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) BIND.invokeExact(state, fd, address, length), "bind");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int listen(int fd, int backlog)}. */
  static void listen(int fd, int backlog) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) LISTEN.invokeExact(state, fd, backlog), "listen");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)}, without the
   * address.
   */
  static int accept4(int fd, int flags) throws ErrnoException {
    MemorySegment state = state();
    MemorySegment none = MemorySegment.NULL;
    try {
      return checked(state, (int) ACCEPT4.invokeExact(state, fd, none, none, flags), "accept");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int connect(int fd, const struct sockaddr *addr, socklen_t len)}. */
  static void connect(int fd, MemorySegment address, int length) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) CONNECT.invokeExact(state, fd, address, length), "connect");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code ssize_t recv(int fd, void *buf, size_t len, int flags)} where "nothing is there yet" is
   * an everyday answer, and an exception too dear for it.
   *
   * @return -1: EAGAIN
   */
  static long tryRecv(int fd, MemorySegment buffer, long length, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      long received = (long) RECV.invokeExact(state, fd, buffer, length, flags);
      return received < 0 && Native.isAgain(state) ? -1 : checked(state, received, "recv");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t recv(int fd, void *buf, size_t len, int flags)}. */
  static long recv(int fd, MemorySegment buffer, long length, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) RECV.invokeExact(state, fd, buffer, length, flags), "recv");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t send(int fd, const void *buf, size_t len, int flags)}. */
  static long send(int fd, MemorySegment buffer, long length, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) SEND.invokeExact(state, fd, buffer, length, flags), "send");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int shutdown(int fd, int how)}. */
  static void shutdown(int fd, int how) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) SHUTDOWN.invokeExact(state, fd, how), "shutdown");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int close(int fd)}. */
  static void close(int fd) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) CLOSE.invokeExact(state, fd), "close");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fchmod(int fd, mode_t mode)}. */
  static void fchmod(int fd, int mode) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) FCHMOD.invokeExact(state, fd, mode), "fchmod");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int getsockopt(int fd, int level, int name, void *value, socklen_t *len)}. */
  static void getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment length)
      throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(
          state, (int) GETSOCKOPT.invokeExact(state, fd, level, name, value, length), "getsockopt");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int setsockopt(int fd, int level, int name, const void *value, socklen_t len)}. */
  static void setsockopt(int fd, int level, int name, MemorySegment value, int length)
      throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(
          state, (int) SETSOCKOPT.invokeExact(state, fd, level, name, value, length), "setsockopt");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int getsockname(int fd, struct sockaddr *addr, socklen_t *len)}. */
  static void getsockname(int fd, MemorySegment address, MemorySegment length)
      throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) GETSOCKNAME.invokeExact(state, fd, address, length), "getsockname");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  // ---- users ----

  /** {@code uid_t geteuid(void)}. */
  static int geteuid() {
    MemorySegment state = state();
    try {
      return (int) GETEUID.invokeExact(state);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t len, struct passwd
   * **result)}; the result is an error number, 0 also when there is no such user.
   */
  static int getpwuid(int uid, MemorySegment passwd, MemorySegment buffer, MemorySegment result) {
    MemorySegment state = state();
    try {
      return (int) GETPWUID_R.invokeExact(state, uid, passwd, buffer, buffer.byteSize(), result);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t len, struct
   * passwd **result)}.
   */
  static int getpwnam(
      MemorySegment name, MemorySegment passwd, MemorySegment buffer, MemorySegment result) {
    MemorySegment state = state();
    try {
      return (int) GETPWNAM_R.invokeExact(state, name, passwd, buffer, buffer.byteSize(), result);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code int getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups)}: -1 when
   * there is no room.
   */
  static int getgrouplist(
      MemorySegment user, int group, MemorySegment groups, MemorySegment count) {
    MemorySegment state = state();
    try {
      return (int) GETGROUPLIST.invokeExact(state, user, group, groups, count);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
