package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static dev.coterie.sys.Native.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Mounting, and the device of a FUSE mount. One method each, with the C prototype as its javadoc.
 */
final class MountCalls {
  private static final MethodHandle OPEN =
      variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle IOCTL =
      variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle READ =
      function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE =
      function("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITEV =
      function("writev", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle MOUNT =
      function("mount", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle UMOUNT2 = function("umount2", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle UNSHARE = function("unshare", JAVA_INT, JAVA_INT);

  private static final MethodHandle LSEEK =
      function("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle POLL = function("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

  private MountCalls() {}

  /** {@code off_t lseek(int fd, off_t offset, int whence)}. */
  static long lseek(int fd, long offset, int whence) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) LSEEK.invokeExact(state, fd, offset, whence), "lseek");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t writev(int fd, const struct iovec *iov, int iovcnt)}. */
  static long writev(int fd, MemorySegment parts, int count) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) WRITEV.invokeExact(state, fd, parts, count), "writev");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int poll(struct pollfd *fds, nfds_t nfds, int timeout)}. */
  static int poll(MemorySegment fds, long count, int timeoutMillis) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) POLL.invokeExact(state, fds, count, timeoutMillis), "poll");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int open(const char *path, int flags, mode_t mode)}. */
  static int open(MemorySegment path, int flags, int mode) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) OPEN.invokeExact(state, path, flags, mode), "open");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int ioctl(int fd, unsigned long request, void *argument)}. */
  static int ioctl(int fd, long request, MemorySegment argument) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) IOCTL.invokeExact(state, fd, request, argument), "ioctl");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t read(int fd, void *buf, size_t len)}. */
  static long read(int fd, MemorySegment buffer, long length) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) READ.invokeExact(state, fd, buffer, length), "read");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t write(int fd, const void *buf, size_t len)}. */
  static long write(int fd, MemorySegment buffer, long length) throws ErrnoException {
    MemorySegment state = state();
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
    MemorySegment state = state();
    try {
      checked(state, (int) MOUNT.invokeExact(state, source, target, type, flags, data), "mount");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int umount2(const char *target, int flags)}. */
  static void umount2(MemorySegment target, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) UMOUNT2.invokeExact(state, target, flags), "umount");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int unshare(int flags)}. */
  static void unshare(int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) UNSHARE.invokeExact(state, flags), "unshare");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
