package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * The first request of a mount and its reply.
 *
 * <pre>
 *  in    0        4        8              12       16       20        64
 *       +--------+--------+--------------+--------+--------+---------+
 *       | major  | minor  | max_readahead| flags  | flags2 |         |   flags2 since 7.36
 *       +--------+--------+--------------+--------+--------+---------+
 *
 *  out   0        4        8              12       16       18        20         24         28
 *       +--------+--------+--------------+--------+--------+---------+----------+----------+
 *       | major  | minor  | max_readahead| flags  | max_bg | congest.| max_write| time_gran|
 *       +--------+--------+--------------+--------+--------+---------+----------+----------+
 *        28       30        32       36                               64
 *       +--------+---------+--------+--------------------------------+
 *       | pages  | map_al. | flags2 |                                |
 *       +--------+---------+--------+--------------------------------+
 * </pre>
 */
public final class Init {
  private Init() {}

  public static final int MAJOR = 7;

  /** The oldest kernel's minor version that is served: Linux 5.4. */
  public static final int MINOR_LEAST = 31;

  /** The newest this program has been written for. */
  public static final int MINOR_MOST = 45;

  public static final int OUT_BYTES = 64;
  private static final int IN_FLAGS2 = InHeader.BYTES + 16;

  public static int major(MemorySegment request) {
    return request.get(JAVA_INT, InHeader.BYTES);
  }

  public static int minor(MemorySegment request) {
    return request.get(JAVA_INT, InHeader.BYTES + 4L);
  }

  public static int maxReadahead(MemorySegment request) {
    return request.get(JAVA_INT, InHeader.BYTES + 8L);
  }

  /** Both words of flags. */
  public static long flags(MemorySegment request) {
    long low = Integer.toUnsignedLong(request.get(JAVA_INT, InHeader.BYTES + 12L));
    boolean extended =
        InitFlag.INIT_EXT.in(low) && InHeader.length(request) >= IN_FLAGS2 + Integer.BYTES;
    return extended ? low | (long) request.get(JAVA_INT, IN_FLAGS2) << 32 : low;
  }

  /**
   * What is answered.
   *
   * @param minor of the protocol, that both sides speak
   * @param maxReadahead bytes
   * @param flags both words
   * @param maxBackground requests that nobody waits for, at one time
   * @param maxWrite bytes of one WRITE
   * @param maxPages pages of one request
   */
  public record Answer(
      int minor, int maxReadahead, long flags, int maxBackground, int maxWrite, int maxPages) {

    public void put(MemorySegment body) {
      body.asSlice(0, OUT_BYTES).fill((byte) 0);
      body.set(JAVA_INT, 0, MAJOR);
      body.set(JAVA_INT, 4, minor);
      body.set(JAVA_INT, 8, maxReadahead);
      body.set(JAVA_INT, 12, (int) flags);
      body.set(JAVA_SHORT, 16, (short) maxBackground);
      body.set(JAVA_SHORT, 18, (short) (maxBackground * 3 / 4));
      body.set(JAVA_INT, 20, maxWrite);
      body.set(JAVA_INT, 24, 1); // times are kept to the nanosecond
      body.set(JAVA_SHORT, 28, (short) maxPages);
      body.set(JAVA_INT, 32, (int) (flags >>> 32));
    }
  }
}
