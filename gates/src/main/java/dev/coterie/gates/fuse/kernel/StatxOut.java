package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.lang.foreign.MemorySegment;

/**
 * Attributes with the time of birth, since 7.39; asked for when a program wants that time.
 *
 * <pre>
 *   0           8        12      16         32
 *  +-----------+--------+-------+----------+
 *  | attr_valid| nsec   | flags | spare    |
 *  +-----------+--------+-------+----------+
 *  from 32, a statx:
 *   0      4         8            16      20     24     28     30     32     40     48       56
 *  +------+---------+------------+-------+------+------+------+------+------+------+--------+
 *  | mask | blksize | attributes | nlink | uid  | gid  | mode |      | ino  | size | blocks |
 *  +------+---------+------------+-------+------+------+------+------+------+------+--------+
 *   56                64      80      96      112     128          132          136         256
 *  +-----------------+-------+-------+-------+-------+------------+------------+-----------+
 *  | attributes_mask | atime | btime | ctime | mtime | rdev_major | rdev_minor | dev, spare|
 *  +-----------------+-------+-------+-------+-------+------------+------------+-----------+
 *  a time: seconds[8] nanoseconds[4] reserved[4]
 * </pre>
 */
public final class StatxOut {
  private StatxOut() {}

  public static final int BYTES = 288;
  private static final int STATX = 32;

  /** All of stat(2)'s fields, and the time of birth. */
  private static final int STATX_BASIC_STATS_AND_BTIME = 0xfff;

  public static int put(MemorySegment body, Stat stat) {
    body.asSlice(0, BYTES).fill((byte) 0);
    MemorySegment x = body.asSlice(STATX, BYTES - STATX);
    x.set(JAVA_INT, 0, STATX_BASIC_STATS_AND_BTIME);
    x.set(JAVA_INT, 4, stat.blksize());
    x.set(JAVA_INT, 16, (int) stat.nlink());
    x.set(JAVA_INT, 20, stat.uid());
    x.set(JAVA_INT, 24, stat.gid());
    x.set(JAVA_SHORT, 28, (short) stat.mode());
    x.set(JAVA_LONG, 32, stat.id().number());
    x.set(JAVA_LONG, 40, stat.size());
    x.set(JAVA_LONG, 48, stat.blocks());
    time(x, 64, stat.atime());
    time(x, 80, stat.btime());
    time(x, 96, stat.ctime());
    time(x, 112, stat.mtime());
    int rdev = Device.toKernel(stat.rdev());
    x.set(JAVA_INT, 128, rdev >>> 8 & 0xfff);
    x.set(JAVA_INT, 132, (rdev & 0xff) | (rdev >>> 12 & 0xfff00));
    return BYTES;
  }

  private static void time(MemorySegment statx, int at, Timestamp time) {
    statx.set(JAVA_LONG, at, time.seconds());
    statx.set(JAVA_INT, at + 8L, time.nanos());
  }
}
