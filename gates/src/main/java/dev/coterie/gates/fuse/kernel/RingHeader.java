package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * The part of a request over io_uring, and of its reply, that is not in the payload; since 7.42.
 *
 * <pre>
 *   0                   128                256        264         272          276            288
 *  +-------------------+------------------+----------+-----------+------------+--------------+
 *  | InHeader, in its  | what the opcode's| flags    | commit_id | payload_sz |              |
 *  | place OutHeader   | body begins with |          |           |            |              |
 *  +-------------------+------------------+----------+-----------+------------+--------------+
 * </pre>
 *
 * What the body has besides numbers, names and data, is the payload; so is the body of a reply, all
 * of it.
 */
final class RingHeader {
  private RingHeader() {}

  static final int BYTES = 288;
  static final int BODY_OFFSET = 128;
  private static final int PAYLOAD_LENGTH = 272;

  /** Where OutHeader has what InHeader has: so it names the request before and after the answer. */
  static long unique(MemorySegment header) {
    return header.get(JAVA_LONG, 8);
  }

  static int payloadLength(MemorySegment header) {
    return header.get(JAVA_INT, PAYLOAD_LENGTH);
  }

  /** How much of the body is in here and not in the payload. */
  static int bodyLength(MemorySegment header) {
    return InHeader.length(header) - InHeader.BYTES - payloadLength(header);
  }

  static void putReply(MemorySegment header, int bodyLength, int error, long unique) {
    OutHeader.put(header, OutHeader.BYTES + bodyLength, error, unique);
    header.set(JAVA_INT, PAYLOAD_LENGTH, bodyLength);
  }
}
