package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Stat;
import java.lang.foreign.MemorySegment;

/**
 * Attributes, in the replies that carry some.
 *
 * <pre>
 *   0        8        16       24       32       40       48          52          56          60
 *  +--------+--------+--------+--------+--------+--------+-----------+-----------+-----------+
 *  | ino    | size   | blocks | atime  | mtime  | ctime  | atimensec | mtimensec | ctimensec |
 *  +--------+--------+--------+--------+--------+--------+-----------+-----------+-----------+
 *   60       64       68       72       76       80       84          88
 *  +--------+--------+--------+--------+--------+---------+----------+
 *  | mode   | nlink  | uid    | gid    | rdev   | blksize | flags    |
 *  +--------+--------+--------+--------+--------+---------+----------+
 *
 *  AttrOut:   attr_valid[8] attr_valid_nsec[4] dummy[4] Attr                                = 104
 *  EntryOut:  nodeid[8] generation[8] entry_valid[8] attr_valid[8]
 *             entry_valid_nsec[4] attr_valid_nsec[4] Attr                                   = 128
 * </pre>
 *
 * The times of validity are left zero: the kernel asks each time.
 */
public final class Attr {
  private Attr() {}

  public static final int BYTES = 88;

  /** Of a reply that has nothing but attributes. */
  public static final int ATTR_OUT_BYTES = 16 + BYTES;

  /** Of a reply that names an inode. */
  public static final int ENTRY_OUT_BYTES = 40 + BYTES;

  /** Puts the body of a reply to GETATTR or SETATTR. */
  public static int putAttrOut(MemorySegment body, Stat stat) {
    body.set(JAVA_LONG, 0, 0);
    body.set(JAVA_LONG, 8, 0);
    put(body, 16, stat);
    return ATTR_OUT_BYTES;
  }

  /** Puts the body of a reply that names an inode, from which on the kernel counts a lookup. */
  public static int putEntryOut(MemorySegment body, long nodeId, Stat stat) {
    body.set(JAVA_LONG, 0, nodeId);
    body.set(JAVA_LONG, 8, Integer.toUnsignedLong(stat.id().generation()));
    body.set(JAVA_LONG, 16, 0);
    body.set(JAVA_LONG, 24, 0);
    body.set(JAVA_LONG, 32, 0);
    put(body, 40, stat);
    return ENTRY_OUT_BYTES;
  }

  private static void put(MemorySegment body, int at, Stat stat) {
    body.set(JAVA_LONG, at, stat.id().number());
    body.set(JAVA_LONG, at + 8L, stat.size());
    body.set(JAVA_LONG, at + 16L, stat.blocks());
    body.set(JAVA_LONG, at + 24L, stat.atime().seconds());
    body.set(JAVA_LONG, at + 32L, stat.mtime().seconds());
    body.set(JAVA_LONG, at + 40L, stat.ctime().seconds());
    body.set(JAVA_INT, at + 48L, stat.atime().nanos());
    body.set(JAVA_INT, at + 52L, stat.mtime().nanos());
    body.set(JAVA_INT, at + 56L, stat.ctime().nanos());
    body.set(JAVA_INT, at + 60L, stat.mode());
    body.set(JAVA_INT, at + 64L, (int) stat.nlink());
    body.set(JAVA_INT, at + 68L, stat.uid());
    body.set(JAVA_INT, at + 72L, stat.gid());
    body.set(JAVA_INT, at + 76L, Device.toKernel(stat.rdev()));
    body.set(JAVA_INT, at + 80L, stat.blksize());
    body.set(JAVA_INT, at + 84L, 0);
  }
}
