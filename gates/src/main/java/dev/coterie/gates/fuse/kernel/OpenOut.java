package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * An open file, alone or behind an {@link Attr entry}.
 *
 * <pre>
 *   0        8            12           16
 *  +--------+------------+------------+
 *  | fh     | open_flags | backing_id |    backing_id since 7.40
 *  +--------+------------+------------+
 * </pre>
 */
public final class OpenOut {
  private OpenOut() {}

  public static final int BYTES = 16;

  /** The page cache is passed by: each read and write comes to us. */
  private static final int FOPEN_DIRECT_IO = 1;

  /** It has no offsets, so readers and writers do not exclude each other. Since 7.31. */
  private static final int FOPEN_STREAM = 1 << 4;

  /** Nor do writers, as far as the kernel takes what they write for within the file. Since 7.37. */
  private static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

  /** Puts a file's; answers where the body ends. */
  public static int putFile(MemorySegment body, int at, long handle) {
    return put(body, at, handle, FOPEN_DIRECT_IO);
  }

  /** Puts that of a file in which each read and each write can wait for others. */
  public static int putStream(MemorySegment body, int at, long handle) {
    return put(body, at, handle, FOPEN_DIRECT_IO | FOPEN_STREAM | FOPEN_PARALLEL_DIRECT_WRITES);
  }

  /** Puts a directory's, whose entries the kernel keeps only when asked to. */
  public static int putDirectory(MemorySegment body, long handle) {
    return put(body, 0, handle, 0);
  }

  private static int put(MemorySegment body, int at, long handle, int flags) {
    body.set(JAVA_LONG, at, handle);
    body.set(JAVA_INT, at + 8L, flags);
    body.set(JAVA_INT, at + 12L, 0);
    return at + BYTES;
  }
}
