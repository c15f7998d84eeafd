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
import dev.coterie.api.StatFs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;

/** Calls on what is open as a descriptor. One method each, with the C prototype as its javadoc. */
public final class DescriptorCalls {
  /** lseek(2). */
  public static final int SEEK_SET = 0;

  public static final int SEEK_CUR = 1;
  public static final int SEEK_DATA = 3;
  public static final int SEEK_HOLE = 4;

  private static final int F_SETFL = 4;
  private static final int RWF_APPEND = 0x10;

  private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle PREAD =
      function("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PWRITE =
      function("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PWRITEV2 =
      function("pwritev2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LSEEK =
      function("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FTRUNCATE =
      function("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle FALLOCATE =
      function("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle COPY_FILE_RANGE =
      function(
          "copy_file_range", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FSYNC = function("fsync", JAVA_INT, JAVA_INT);
  private static final MethodHandle FDATASYNC = function("fdatasync", JAVA_INT, JAVA_INT);
  private static final MethodHandle GETDENTS64 =
      function("getdents64", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle FSTATFS = function("fstatfs", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle FCNTL =
      variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  private DescriptorCalls() {}

  /**
   * {@code int close(int fd)}. What it reports is lost: "the file descriptor is released early"
   * whatever it is, and whoever must know asks fsync (close(2), NOTES).
   */
  public static void close(int fd) {
    MemorySegment state = state();
    try {
      int _ = (int) CLOSE.invokeExact(state, fd);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code ssize_t pread(int fd, void *buf, size_t count, off_t offset)}, into the buffer's
   * remaining bytes.
   */
  public static int pread(int fd, ByteBuffer destination, long offset) throws ErrnoException {
    if (!destination.isDirect()) {
      return preadHeap(fd, destination, offset);
    }
    int count = (int) pread(fd, MemorySegment.ofBuffer(destination), offset);
    destination.position(destination.position() + count);
    return count;
  }

  private static int preadHeap(int fd, ByteBuffer destination, long offset) throws ErrnoException {
    MemorySegment between = Scratch.own().transfer();
    int total = 0;
    boolean more = true; // also for nothing: some file systems mark the time of reading then
    while (more) {
      long room = Math.min(destination.remaining(), between.byteSize());
      long count = pread(fd, between.asSlice(0, room), offset + total);
      destination.put(between.asSlice(0, count).asByteBuffer());
      total += (int) count;
      more = count == room && destination.hasRemaining();
    }
    return total;
  }

  private static long pread(int fd, MemorySegment to, long offset) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(
          state, (long) PREAD.invokeExact(state, fd, to, to.byteSize(), offset), "pread");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** One call that writes a piece of memory, and says how much of it. */
  private interface Writing {
    long write(MemorySegment from, long done) throws ErrnoException;
  }

  /**
   * {@code ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset)}, of the buffer's
   * remaining bytes.
   */
  public static int pwrite(int fd, ByteBuffer source, long offset) throws ErrnoException {
    return write(source, (from, done) -> pwrite(fd, from, offset + done));
  }

  /**
   * {@code ssize_t pwritev2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags)}
   * with RWF_APPEND: at the end of the file, and with offset -1 the descriptor's position is moved
   * behind what was written, where {@link #lseek} finds it. One call, so that it stays together.
   */
  public static int append(int fd, ByteBuffer source) throws ErrnoException {
    if (source.isDirect()) {
      return write(source, (from, done) -> append(fd, from));
    }
    if (source.remaining() <= Scratch.TRANSFER_BYTES) {
      return write(source, (from, done) -> append(fd, from));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate(source.remaining());
      all.copyFrom(MemorySegment.ofBuffer(source));
      int count = (int) append(fd, all);
      source.position(source.position() + count);
      return count;
    }
  }

  private static int write(ByteBuffer source, Writing writing) throws ErrnoException {
    if (source.isDirect()) {
      int count = (int) writing.write(MemorySegment.ofBuffer(source), 0);
      source.position(source.position() + count);
      return count;
    }
    MemorySegment between = Scratch.own().transfer();
    int total = 0;
    while (source.hasRemaining()) {
      int size = (int) Math.min(source.remaining(), between.byteSize());
      MemorySegment piece = between.asSlice(0, size);
      piece.asByteBuffer().put(source.slice(source.position(), size));
      long count = writeOrStop(writing, piece, total);
      source.position(source.position() + (int) count);
      total += (int) count;
      if (count < size) {
        break;
      }
    }
    return total;
  }

  /** After the first piece an error is told by what was written before it. */
  private static long writeOrStop(Writing writing, MemorySegment piece, int done)
      throws ErrnoException {
    try {
      return writing.write(piece, done);
    } catch (ErrnoException e) {
      if (done > 0) {
        return 0;
      }
      throw e;
    }
  }

  private static long pwrite(int fd, MemorySegment from, long offset) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(
          state, (long) PWRITE.invokeExact(state, fd, from, from.byteSize(), offset), "pwrite");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** struct iovec: base*[8] len[8]. */
  private static long append(int fd, MemorySegment from) throws ErrnoException {
    MemorySegment iovec = Scratch.own().struct;
    iovec.set(ADDRESS, 0, from);
    iovec.set(JAVA_LONG, 8, from.byteSize());
    MemorySegment state = state();
    try {
      return checked(
          state, (long) PWRITEV2.invokeExact(state, fd, iovec, 1, -1L, RWF_APPEND), "pwritev2");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code off_t lseek(int fd, off_t offset, int whence)}. */
  public static long lseek(int fd, long offset, int whence) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) LSEEK.invokeExact(state, fd, offset, whence), "lseek");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int ftruncate(int fd, off_t length)}. */
  public static void ftruncate(int fd, long size) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) FTRUNCATE.invokeExact(state, fd, size), "ftruncate");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fallocate(int fd, int mode, off_t offset, off_t len)}. */
  public static void fallocate(int fd, int mode, long offset, long length) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) FALLOCATE.invokeExact(state, fd, mode, offset, length), "fallocate");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code ssize_t copy_file_range(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t
   * len, unsigned int flags)}.
   */
  public static long copyFileRange(int from, long offset, int to, long toOffset, long length)
      throws ErrnoException {
    MemorySegment offsets = Scratch.own().struct;
    offsets.set(JAVA_LONG, 0, offset);
    offsets.set(JAVA_LONG, 8, toOffset);
    MemorySegment second = offsets.asSlice(8);
    MemorySegment state = state();
    try {
      return checked(
          state,
          (long) COPY_FILE_RANGE.invokeExact(state, from, offsets, to, second, length, 0),
          "copy_file_range");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fsync(int fd)}. */
  public static void fsync(int fd) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) FSYNC.invokeExact(state, fd), "fsync");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fdatasync(int fd)}. */
  public static void fdatasync(int fd) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) FDATASYNC.invokeExact(state, fd), "fdatasync");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t getdents64(int fd, void *dirp, size_t count)}; 0 at the end. */
  static int getdents64(int fd, MemorySegment entries) throws ErrnoException {
    MemorySegment state = state();
    try {
      return (int)
          checked(
              state,
              (long) GETDENTS64.invokeExact(state, fd, entries, entries.byteSize()),
              "getdents64");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int fcntl(int fd, F_SETFL, int flags)}. */
  public static void setFlags(int fd, int flags) throws ErrnoException {
    int machine = HostFlags.ofMachine(flags);
    MemorySegment state = state();
    try {
      checked(state, (int) FCNTL.invokeExact(state, fd, F_SETFL, machine), "fcntl");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * {@code int fstatfs(int fd, struct statfs *buf)}; also of a descriptor with O_PATH.
   *
   * <pre>
   * type[8] bsize[8] blocks[8] bfree[8] bavail[8] files[8] ffree[8] fsid[8] namelen[8] ...
   * </pre>
   */
  public static StatFs fstatfs(int fd) throws ErrnoException {
    MemorySegment s = Scratch.own().struct;
    MemorySegment state = state();
    try {
      checked(state, (int) FSTATFS.invokeExact(state, fd, s), "fstatfs");
    } catch (Throwable t) {
      throw fault(t);
    }
    return new StatFs(
        (int) s.get(JAVA_LONG, 0),
        (int) s.get(JAVA_LONG, 8),
        s.get(JAVA_LONG, 16),
        s.get(JAVA_LONG, 24),
        s.get(JAVA_LONG, 32),
        s.get(JAVA_LONG, 40),
        s.get(JAVA_LONG, 48),
        s.get(JAVA_LONG, 56),
        (int) s.get(JAVA_LONG, 64));
  }
}
