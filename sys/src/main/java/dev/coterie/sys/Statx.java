package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Timestamp;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What statx(2) says of an inode.
 *
 * @param ino number, unique on its device
 * @param device of the file system, in makedev(3)'s encoding
 * @param mountId of the mount it was reached through
 * @param rdev of a device node, in makedev(3)'s encoding
 * @param btime creation, or null where the file system does not keep it
 */
public record Statx(
    long ino,
    long device,
    long mountId,
    int mode,
    long nlink,
    int uid,
    int gid,
    long rdev,
    long size,
    int blksize,
    long blocks,
    Timestamp atime,
    Timestamp mtime,
    Timestamp ctime,
    @Nullable Timestamp btime) {

  /** STATX_BASIC_STATS, STATX_BTIME, STATX_MNT_ID. */
  static final int MASK = 0x7ff | 0x800 | 0x1000;

  private static final int BTIME = 0x800;

  /**
   * Reads struct statx:
   *
   * <pre>
   * mask[4] blksize[4] attributes[8] nlink[4] uid[4] gid[4] mode[2] pad[2] ino[8] size[8] blocks[8]
   * attributes_mask[8] atime[16] btime[16] ctime[16] mtime[16] rdev_major[4] rdev_minor[4]
   * dev_major[4] dev_minor[4] mnt_id[8] ...        a time: seconds[8] nanos[4] pad[4]
   * </pre>
   */
  static Statx of(MemorySegment s) {
    return new Statx(
        s.get(JAVA_LONG, 32),
        makedev(s.get(JAVA_INT, 136), s.get(JAVA_INT, 140)),
        s.get(JAVA_LONG, 144),
        Short.toUnsignedInt(s.get(JAVA_SHORT, 28)),
        Integer.toUnsignedLong(s.get(JAVA_INT, 16)),
        s.get(JAVA_INT, 20),
        s.get(JAVA_INT, 24),
        makedev(s.get(JAVA_INT, 128), s.get(JAVA_INT, 132)),
        s.get(JAVA_LONG, 40),
        s.get(JAVA_INT, 4),
        s.get(JAVA_LONG, 48),
        time(s, 64),
        time(s, 112),
        time(s, 96),
        (s.get(JAVA_INT, 0) & BTIME) == 0 ? null : time(s, 80));
  }

  private static Timestamp time(MemorySegment s, long offset) {
    return new Timestamp(s.get(JAVA_LONG, offset), s.get(JAVA_INT, offset + 8));
  }

  /** As glibc's gnu_dev_makedev. */
  static long makedev(int major, int minor) {
    long high = Integer.toUnsignedLong(major);
    long low = Integer.toUnsignedLong(minor);
    return (high & 0xfffff000L) << 32
        | (high & 0xfffL) << 8
        | (low & 0xffffff00L) << 12
        | (low & 0xffL);
  }
}
