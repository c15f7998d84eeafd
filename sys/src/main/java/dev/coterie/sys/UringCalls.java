package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static dev.coterie.sys.Native.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What {@link IoUring} and its like are made of: bindings, one method each, with the C prototype as
 * its javadoc.
 */
final class UringCalls {
  // The C library has no functions for these; the numbers are the same on x86-64 and aarch64.
  private static final long IO_URING_SETUP = 425;
  private static final long IO_URING_ENTER = 426;

  private static final long MAP_FAILED = -1;

  private static final MethodHandle SETUP =
      variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
  private static final MethodHandle ENTER =
      variadic(
          "syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS,
          JAVA_LONG);
  private static final MethodHandle MMAP =
      function("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle EVENTFD = function("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SCHED_SETAFFINITY =
      function("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);

  private UringCalls() {}

  /** {@code int io_uring_setup(u32 entries, struct io_uring_params *p)}. */
  static int setup(int entries, MemorySegment params) throws ErrnoException {
    MemorySegment state = state();
    try {
      long fd = (long) SETUP.invokeExact(state, IO_URING_SETUP, entries, params);
      return (int) checked(state, fd, "io_uring_setup");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int io_uring_enter(int fd, u32 to_submit, u32 min_complete, u32 flags, const void *arg,
   * size_t argsz)}, without the argument.
   */
  static int enter(int fd, int submitted, int waitFor, int flags) throws ErrnoException {
    MemorySegment state = state();
    MemorySegment none = MemorySegment.NULL;
    try {
      long done =
          (long) ENTER.invokeExact(state, IO_URING_ENTER, fd, submitted, waitFor, flags, none, 0L);
      return (int) checked(state, done, "io_uring_enter");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)}. */
  static MemorySegment mmap(long length, int protection, int flags, int fd, long offset)
      throws ErrnoException {
    MemorySegment state = state();
    MemorySegment any = MemorySegment.NULL;
    try {
      MemorySegment at =
          (MemorySegment) MMAP.invokeExact(state, any, length, protection, flags, fd, offset);
      if (at.address() == MAP_FAILED) {
        checked(state, MAP_FAILED, "mmap");
      }
      return at.reinterpret(length);
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int munmap(void *addr, size_t len)}; of what was mapped it does not fail. */
  static void munmap(MemorySegment mapped) {
    MemorySegment state = state();
    try {
      checked(state, (int) MUNMAP.invokeExact(state, mapped, mapped.byteSize()), "munmap");
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code int eventfd(unsigned int initval, int flags)}. */
  static int eventfd(int value, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) EVENTFD.invokeExact(state, value, flags), "eventfd");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *mask)}. */
  static void schedSetaffinity(int thread, MemorySegment mask) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) SCHED_SETAFFINITY.invokeExact(state, thread, mask.byteSize(), mask),
          "sched_setaffinity");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int close(int fd)}. */
  static void close(int fd) {
    try {
      Libc.close(fd);
    } catch (ErrnoException e) {
      // close(2): the descriptor is gone whatever is reported.
      assert e.errno() != Errno.EBADF : e;
    }
  }
}
