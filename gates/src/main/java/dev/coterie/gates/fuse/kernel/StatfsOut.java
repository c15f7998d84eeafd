package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.StatFs;
import java.lang.foreign.MemorySegment;

/**
 * What is known of a file system.
 *
 * <pre>
 *   0        8        16       24       32       40       44        48       52              80
 *  +--------+--------+--------+--------+--------+--------+---------+--------+---------------+
 *  | blocks | bfree  | bavail | files  | ffree  | bsize  | namelen | frsize |               |
 *  +--------+--------+--------+--------+--------+--------+---------+--------+---------------+
 * </pre>
 */
public final class StatfsOut {
  private StatfsOut() {}

  public static final int BYTES = 80;

  public static int put(MemorySegment body, StatFs statFs) {
    body.asSlice(0, BYTES).fill((byte) 0);
    body.set(JAVA_LONG, 0, statFs.blocks());
    body.set(JAVA_LONG, 8, statFs.bfree());
    body.set(JAVA_LONG, 16, statFs.bavail());
    body.set(JAVA_LONG, 24, statFs.files());
    body.set(JAVA_LONG, 32, statFs.ffree());
    body.set(JAVA_INT, 40, statFs.bsize());
    body.set(JAVA_INT, 44, statFs.namelen());
    body.set(JAVA_INT, 48, statFs.bsize());
    return BYTES;
  }
}
