package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static dev.coterie.sys.Native.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr.Time;
import dev.coterie.api.Timestamp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls on an inode that a descriptor with O_PATH says, without opening it. Where a call has no
 * form for that, the descriptor's name in /proc stands for the inode, which is no symbolic link
 * that could lead elsewhere (proc(5), /proc/pid/fd). One method each, with the C prototype as its
 * javadoc.
 */
public final class InodeCalls {
  private static final long SYS_FACCESSAT2 = 439; // the same on x86-64 and aarch64
  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EACCESS = 0x200;
  private static final int AT_NO_AUTOMOUNT = 0x800;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final long UTIME_NOW = (1L << 30) - 1;
  private static final long UTIME_OMIT = (1L << 30) - 2;

  private static final MethodHandle STATX =
      function("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle READLINKAT =
      function("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle FACCESSAT2 =
      variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle FCHOWNAT =
      function("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CHMOD = function("chmod", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle TRUNCATE = function("truncate", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle UTIMENSAT =
      function("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle GETXATTR =
      function("getxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle SETXATTR =
      function("setxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LISTXATTR =
      function("listxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle REMOVEXATTR =
      function("removexattr", JAVA_INT, ADDRESS, ADDRESS);

  /** An empty C string, for AT_EMPTY_PATH. */
  private static final MemorySegment EMPTY = Arena.global().allocate(1);

  private InodeCalls() {}

  /** The name that proc(5) gives to what a descriptor says. */
  static String procPath(int fd) {
    return "/proc/self/fd/" + fd;
  }

  /** Opens what the descriptor says, by its name in /proc, with the checks of open(2). */
  public static int reopen(int fd, int flags) throws ErrnoException {
    return DirectoryCalls.openPath(Scratch.bytes(procPath(fd)), flags);
  }

  /**
   * {@code int statx(int dirfd, const char *pathname, int flags, unsigned int mask, struct statx
   * *statxbuf)}.
   */
  public static Statx statx(int fd) throws ErrnoException {
    return statx(fd, EMPTY, AT_EMPTY_PATH);
  }

  private static Statx statx(int fd, MemorySegment path, int flags) throws ErrnoException {
    MemorySegment result = Scratch.own().struct;
    int all = flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    MemorySegment state = state();
    try {
      checked(state, (int) STATX.invokeExact(state, fd, path, all, Statx.MASK, result), "statx");
    } catch (Throwable t) {
      throw fault(t);
    }
    return Statx.of(result);
  }

  /**
   * {@code ssize_t readlinkat(int dirfd, const char *pathname, char *buf, size_t bufsiz)}, of a
   * link.
   */
  public static byte[] readlink(int fd) throws ErrnoException {
    return readlinkat(fd, EMPTY);
  }

  /**
   * The path that the kernel knows for what a descriptor says, by readlink(2) of its name in /proc.
   */
  public static byte[] pathOf(int fd) throws ErrnoException {
    return readlinkat(AT_FDCWD, Scratch.own().text(procPath(fd)));
  }

  private static byte[] readlinkat(int fd, MemorySegment path) throws ErrnoException {
    MemorySegment target = Scratch.own().transfer();
    MemorySegment state = state();
    try {
      long length =
          checked(
              state,
              (long) READLINKAT.invokeExact(state, fd, path, target, target.byteSize()),
              "readlink");
      return target.asSlice(0, length).toArray(JAVA_BYTE);
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code long syscall(SYS_faccessat2, int dirfd, const char *pathname, int mode, int flags)},
   * with the rights this thread acts with now.
   */
  public static void access(int fd, int mask) throws ErrnoException {
    int flags = AT_EACCESS | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
    MemorySegment state = state();
    try {
      checked(
          state,
          (long) FACCESSAT2.invokeExact(state, SYS_FACCESSAT2, fd, EMPTY, mask, flags),
          "access");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int fchownat(int dirfd, const char *pathname, uid_t owner, gid_t group, int flags)}; -1
   * leaves an id as it is.
   */
  public static void chown(int fd, int uid, int gid) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(
          state, (int) FCHOWNAT.invokeExact(state, fd, EMPTY, uid, gid, AT_EMPTY_PATH), "chown");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int chmod(const char *pathname, mode_t mode)}. */
  public static void chmod(int fd, int mode) throws ErrnoException {
    MemorySegment path = Scratch.own().text(procPath(fd));
    MemorySegment state = state();
    try {
      checked(state, (int) CHMOD.invokeExact(state, path, mode), "chmod");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int truncate(const char *path, off_t length)}. */
  public static void truncate(int fd, long size) throws ErrnoException {
    MemorySegment path = Scratch.own().text(procPath(fd));
    MemorySegment state = state();
    try {
      checked(state, (int) TRUNCATE.invokeExact(state, path, size), "truncate");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int utimensat(int dirfd, const char *pathname, const struct timespec times[2], int
   * flags)}; null leaves a time as it is.
   */
  public static void utimens(int fd, @Nullable Time atime, @Nullable Time mtime)
      throws ErrnoException {
    Scratch scratch = Scratch.own();
    putTime(scratch.struct, 0, atime);
    putTime(scratch.struct, 16, mtime);
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) UTIMENSAT.invokeExact(state, fd, EMPTY, scratch.struct, AT_EMPTY_PATH),
          "utimensat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** struct timespec: seconds[8] nanos[8]. */
  private static void putTime(MemorySegment s, long offset, @Nullable Time time) {
    Timestamp at = time instanceof Time.At(var given) ? given : Timestamp.EPOCH;
    s.set(JAVA_LONG, offset, at.seconds());
    s.set(
        JAVA_LONG,
        offset + 8,
        time == null ? UTIME_OMIT : time instanceof Time.Now ? UTIME_NOW : at.nanos());
  }

  // ---- extended attributes ----

  /** {@code ssize_t getxattr(const char *path, const char *name, void *value, size_t size)}. */
  public static byte[] getxattr(int fd, Name name) throws ErrnoException {
    return getxattr(Scratch.bytes(procPath(fd)), name);
  }

  /** The same of what a path names. */
  public static byte[] getxattr(byte[] named, Name name) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment text = scratch.attribute(name);
    MemorySegment path = scratch.text(named);
    MemorySegment value = scratch.transfer();
    MemorySegment state = state();
    try {
      long length =
          checked(
              state,
              (long) GETXATTR.invokeExact(state, path, text, value, value.byteSize()),
              "getxattr");
      return value.asSlice(0, length).toArray(JAVA_BYTE);
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int setxattr(const char *path, const char *name, const void *value, size_t size, int
   * flags)}.
   */
  public static void setxattr(int fd, Name name, byte[] value, int flags) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment text = scratch.attribute(name);
    MemorySegment path = scratch.text(procPath(fd));
    MemorySegment bytes = scratch.transfer();
    MemorySegment.copy(value, 0, bytes, JAVA_BYTE, 0, value.length);
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) SETXATTR.invokeExact(state, path, text, bytes, (long) value.length, flags),
          "setxattr");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t listxattr(const char *path, char *list, size_t size)}. */
  public static List<Name> listxattr(int fd) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment path = scratch.text(procPath(fd));
    MemorySegment list = scratch.transfer();
    MemorySegment state = state();
    try {
      long length =
          checked(
              state, (long) LISTXATTR.invokeExact(state, path, list, list.byteSize()), "listxattr");
      return split(list.asSlice(0, length).toArray(JAVA_BYTE));
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** Names, each with a NUL behind it. */
  private static List<Name> split(byte[] list) {
    List<Name> names = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < list.length; i++) {
      if (list[i] == 0) {
        names.add(Name.wrap(java.util.Arrays.copyOfRange(list, start, i)));
        start = i + 1;
      }
    }
    return names;
  }

  /** {@code int removexattr(const char *path, const char *name)}. */
  public static void removexattr(int fd, Name name) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment text = scratch.attribute(name);
    MemorySegment path = scratch.text(procPath(fd));
    MemorySegment state = state();
    try {
      checked(state, (int) REMOVEXATTR.invokeExact(state, path, text), "removexattr");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
