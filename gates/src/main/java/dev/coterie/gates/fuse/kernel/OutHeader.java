package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What every reply and notification begins with.
 *
 * <pre>
 *   0        4        8                 16
 *  +--------+--------+-----------------+
 *  | len    | error  | unique          |   error: 0 or a negative errno
 *  +--------+--------+-----------------+   of a notification: what it says, and unique is 0
 * </pre>
 */
public final class OutHeader {
  private OutHeader() {}

  public static final int BYTES = 16;

  static void put(MemorySegment reply, int length, int error, long unique) {
    reply.set(JAVA_INT, 0, length);
    reply.set(JAVA_INT, 4, error);
    reply.set(JAVA_LONG, 8, unique);
  }
}
