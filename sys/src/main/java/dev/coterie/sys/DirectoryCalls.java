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
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls on names in a directory that is open as a descriptor: one component each, never a path. One
 * method each, with the C prototype as its javadoc.
 */
public final class DirectoryCalls {
  private static final long SYS_OPENAT2 = 437; // the same on x86-64 and aarch64
  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_FOLLOW = 0x400;
  private static final int AT_REMOVEDIR = 0x200;

  /** struct open_how: flags[8] mode[8] resolve[8]. */
  private static final int OPEN_HOW_BYTES = 24;

  private static final Name DOT = Name.DOT;

  private static final MethodHandle OPENAT2 =
      variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle MKDIRAT =
      function("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle MKNODAT =
      function("mknodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
  private static final MethodHandle SYMLINKAT =
      function("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle LINKAT =
      function("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle UNLINKAT =
      function("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RENAMEAT2 =
      function("renameat2", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);

  private DirectoryCalls() {}

  /**
   * {@code long syscall(SYS_openat2, int dirfd, const char *pathname, struct open_how *how, size_t
   * size)}.
   *
   * @param mode 0 unless something is made
   * @param resolve RESOLVE_ bits of {@link HostFlags}
   */
  public static int openat2(int dir, Name name, int flags, int mode, int resolve)
      throws ErrnoException {
    Scratch scratch = Scratch.own();
    return openat2(scratch, dir, scratch.name(name), flags, mode, resolve);
  }

  /** As openat2 of ".", which is the directory itself. */
  public static int openSelf(int dir, int flags, int mode) throws ErrnoException {
    return openat2(dir, DOT, flags, mode, 0);
  }

  /** As openat2 of a path of several components, for those who know what they do. */
  public static int openPath(int dir, byte[] path, int flags, int resolve) throws ErrnoException {
    Scratch scratch = Scratch.own();
    return openat2(scratch, dir, scratch.text(path), flags, 0, resolve);
  }

  /** As openat2 of a path of the host, absolute or from where the process is. */
  public static int openPath(byte[] path, int flags) throws ErrnoException {
    return openPath(AT_FDCWD, path, flags, 0);
  }

  private static int openat2(
      Scratch scratch, int dir, MemorySegment path, int flags, int mode, int resolve)
      throws ErrnoException {
    MemorySegment how = scratch.struct;
    int machine = HostFlags.ofMachine(flags | OpenFlags.O_CLOEXEC);
    how.set(JAVA_LONG, 0, Integer.toUnsignedLong(machine));
    how.set(JAVA_LONG, 8, mode);
    how.set(JAVA_LONG, 16, resolve);
    MemorySegment state = state();
    try {
      long fd =
          (long) OPENAT2.invokeExact(state, SYS_OPENAT2, dir, path, how, (long) OPEN_HOW_BYTES);
      return (int) checked(state, fd, "openat2");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int mkdirat(int dirfd, const char *pathname, mode_t mode)}. */
  public static void mkdirat(int dir, Name name, int mode) throws ErrnoException {
    MemorySegment path = Scratch.own().name(name);
    MemorySegment state = state();
    try {
      checked(state, (int) MKDIRAT.invokeExact(state, dir, path, mode), "mkdirat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int mknodat(int dirfd, const char *pathname, mode_t mode, dev_t dev)}. */
  public static void mknodat(int dir, Name name, int mode, long device) throws ErrnoException {
    MemorySegment path = Scratch.own().name(name);
    MemorySegment state = state();
    try {
      checked(state, (int) MKNODAT.invokeExact(state, dir, path, mode, device), "mknodat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int symlinkat(const char *target, int newdirfd, const char *linkpath)}. */
  public static void symlinkat(byte[] target, int dir, Name name) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment path = scratch.name(name);
    MemorySegment text = scratch.text(target);
    MemorySegment state = state();
    try {
      checked(state, (int) SYMLINKAT.invokeExact(state, text, dir, path), "symlinkat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int
   * flags)}, the old one being what a descriptor says (open(2), O_TMPFILE, has the same detour).
   */
  public static void linkat(int fd, int dir, Name name) throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment path = scratch.name(name);
    MemorySegment old = scratch.text(InodeCalls.procPath(fd));
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) LINKAT.invokeExact(state, AT_FDCWD, old, dir, path, AT_SYMLINK_FOLLOW),
          "linkat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int unlinkat(int dirfd, const char *pathname, int flags)}. */
  public static void unlinkat(int dir, Name name, boolean directory) throws ErrnoException {
    MemorySegment path = Scratch.own().name(name);
    int flags = directory ? AT_REMOVEDIR : 0;
    MemorySegment state = state();
    try {
      checked(state, (int) UNLINKAT.invokeExact(state, dir, path, flags), "unlinkat");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
   * unsigned int flags)}.
   */
  public static void renameat2(int dir, Name name, int newDir, Name newName, int flags)
      throws ErrnoException {
    Scratch scratch = Scratch.own();
    MemorySegment path = scratch.name(name);
    MemorySegment newPath = scratch.otherName(newName);
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) RENAMEAT2.invokeExact(state, dir, path, newDir, newPath, flags),
          "renameat2");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
