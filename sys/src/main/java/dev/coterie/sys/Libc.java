package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Bindings, one method each, with the C prototype as its javadoc. A call that fails gives its errno
 * as an exception.
 *
 * <p>None is {@code critical}: a blocking call must not hold up the JVM's safepoints. A blocking
 * call pins a virtual thread's carrier, so they are made from platform threads.
 */
final class Libc {
  private Libc() {}

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CALL_STATE));

  private static final MethodHandle SOCKET = bind("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = bind("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = bind("listen", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle ACCEPT4 =
      bind("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle RECV =
      bind("recv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SEND =
      bind("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SHUTDOWN = bind("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle FCHMOD = bind("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle GETSOCKOPT =
      bind("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle SETSOCKOPT =
      bind("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETSOCKNAME =
      bind("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle GETEUID = bind("geteuid", JAVA_INT);
  private static final MethodHandle GETPWUID_R =
      bind("getpwuid_r", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle GETPWNAM_R =
      bind("getpwnam_r", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle GETGROUPLIST =
      bind("getgrouplist", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);

  // ---- files ----

  // Variadic in C; the arguments that are passed are fixed here.
  private static final MethodHandle OPEN = variadic(2, "open", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle IOCTL =
      variadic(2, "ioctl", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle READ = bind("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = bind("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle MOUNT =
      bind("mount", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle UMOUNT2 = bind("umount2", JAVA_INT, ADDRESS, JAVA_INT);

  private static MethodHandle variadic(
      int fixed, String name, MemoryLayout result, MemoryLayout... arguments) {
    MemorySegment symbol = LINKER.defaultLookup().find(name).orElseThrow();
    return LINKER.downcallHandle(
        symbol,
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }

  private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    return LINKER.downcallHandle(
        symbol, FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
  }

  // ---- sockets ----

  /** {@code int socket(int domain, int type, int protocol)}. */
  static int socket(int domain, int type, int protocol) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (int) SOCKET.invokeExact(state, domain, type, protocol), "socket");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int bind(int fd, const struct sockaddr *addr, socklen_t len)}. */
  static void bind(int fd, MemorySegment address, int length) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) BIND.invokeExact(state, fd, address, length), "bind");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int listen(int fd, int backlog)}. */
  static void listen(int fd, int backlog) throws ErrnoException {
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
    MemorySegment none = MemorySegment.NULL;
    try {
      return checked(state, (int) ACCEPT4.invokeExact(state, fd, none, none, flags), "accept");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t recv(int fd, void *buf, size_t len, int flags)}. */
  static long recv(int fd, MemorySegment buffer, long length, int flags) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (long) RECV.invokeExact(state, fd, buffer, length, flags), "recv");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t send(int fd, const void *buf, size_t len, int flags)}. */
  static long send(int fd, MemorySegment buffer, long length, int flags) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (long) SEND.invokeExact(state, fd, buffer, length, flags), "send");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int shutdown(int fd, int how)}. */
  static void shutdown(int fd, int how) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) SHUTDOWN.invokeExact(state, fd, how), "shutdown");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int close(int fd)}. */
  static void close(int fd) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) CLOSE.invokeExact(state, fd), "close");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fchmod(int fd, mode_t mode)}. */
  static void fchmod(int fd, int mode) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) FCHMOD.invokeExact(state, fd, mode), "fchmod");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int getsockopt(int fd, int level, int name, void *value, socklen_t *len)}. */
  static void getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment length)
      throws ErrnoException {
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) GETSOCKNAME.invokeExact(state, fd, address, length), "getsockname");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  // ---- files and mounts ----

  /** {@code int open(const char *path, int flags, mode_t mode)}. */
  static int open(MemorySegment path, int flags, int mode) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (int) OPEN.invokeExact(state, path, flags, mode), "open");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int ioctl(int fd, unsigned long request, void *argument)}. */
  static int ioctl(int fd, long request, MemorySegment argument) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (int) IOCTL.invokeExact(state, fd, request, argument), "ioctl");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t read(int fd, void *buf, size_t len)}. */
  static long read(int fd, MemorySegment buffer, long length) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (long) READ.invokeExact(state, fd, buffer, length), "read");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t write(int fd, const void *buf, size_t len)}. */
  static long write(int fd, MemorySegment buffer, long length) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      return checked(state, (long) WRITE.invokeExact(state, fd, buffer, length), "write");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int mount(const char *source, const char *target, const char *type, unsigned long flags,
   * const void *data)}.
   */
  static void mount(
      MemorySegment source,
      MemorySegment target,
      MemorySegment type,
      long flags,
      MemorySegment data)
      throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) MOUNT.invokeExact(state, source, target, type, flags, data), "mount");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int umount2(const char *target, int flags)}. */
  static void umount2(MemorySegment target, int flags) throws ErrnoException {
    MemorySegment state = STATE.get();
    try {
      checked(state, (int) UMOUNT2.invokeExact(state, target, flags), "umount");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  // ---- users ----

  /** {@code uid_t geteuid(void)}. */
  static int geteuid() {
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
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
    MemorySegment state = STATE.get();
    try {
      return (int) GETGROUPLIST.invokeExact(state, user, group, groups, count);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  // ---- results ----

  private static int checked(MemorySegment state, int result, String call) throws ErrnoException {
    if (result < 0) {
      throw failed(state, call);
    }
    return result;
  }

  private static long checked(MemorySegment state, long result, String call) throws ErrnoException {
    if (result < 0) {
      throw failed(state, call);
    }
    return result;
  }

  private static ErrnoException failed(MemorySegment state, String call) {
    int number = (int) ERRNO.get(state, 0L);
    Errno errno = Errno.of(number);
    String text = errno.number() == number ? call : call + " (errno " + number + ")";
    return new ErrnoException(errno, text);
  }

  /**
   * What came out of a method handle: an errno of ours passes, anything else is a fault of this
   * class.
   */
  private static ErrnoException fault(Throwable t) {
    if (t instanceof ErrnoException e) {
      return e;
    }
    throw new AssertionError(t);
  }
}
