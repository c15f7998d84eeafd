package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What every request begins with.
 *
 * <pre>
 *   0        4        8                 16                24       28       32       36     38   40
 *  +--------+--------+-----------------+-----------------+--------+--------+--------+------+----+
 *  | len    | opcode | unique          | nodeid          | uid    | gid    | pid    |extlen|    |
 *  +--------+--------+-----------------+-----------------+--------+--------+--------+------+----+
 * </pre>
 *
 * {@code extlen}, since 7.38, counts what stands behind the body in units of 8; none is asked for.
 */
public final class InHeader {
  private InHeader() {}

  public static final int BYTES = 40;

  static int length(MemorySegment request) {
    return request.get(JAVA_INT, 0);
  }

  static int opcode(MemorySegment request) {
    return request.get(JAVA_INT, 4);
  }

  static long unique(MemorySegment request) {
    return request.get(JAVA_LONG, 8);
  }

  static long nodeId(MemorySegment request) {
    return request.get(JAVA_LONG, 16);
  }

  static int uid(MemorySegment request) {
    return request.get(JAVA_INT, 24);
  }

  static int gid(MemorySegment request) {
    return request.get(JAVA_INT, 28);
  }

  /** A thread's number, not a process's; 0 when it is not of this pid name space. */
  static int pid(MemorySegment request) {
    return request.get(JAVA_INT, 32);
  }
}
