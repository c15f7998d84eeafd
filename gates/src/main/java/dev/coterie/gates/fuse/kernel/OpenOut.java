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

  /** Puts a file's; answers where the body ends. */
  public static int putFile(MemorySegment body, int at, long handle) {
    return put(body, at, handle, FOPEN_DIRECT_IO);
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
