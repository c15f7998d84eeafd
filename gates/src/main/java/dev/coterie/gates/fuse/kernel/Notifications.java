package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.FuseDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel is told without having asked: an {@link OutHeader} without a unique and with a
 * number of what it is in the place of the error.
 *
 * <pre>
 *   POLL, since 7.11
 *   16       24
 *  +--------+
 *  | kh     |
 *  +--------+
 *
 *   INVAL_INODE, since 7.12
 *   16       24       32       40
 *  +--------+--------+--------+
 *  | nodeid | offset | length |
 *  +--------+--------+--------+
 *
 *   RETRIEVE, since 7.15
 *   16              24        32        40      44      48
 *  +---------------+---------+---------+-------+-------+
 *  | notify_unique | nodeid  | offset  | size  |       |
 *  +---------------+---------+---------+-------+-------+
 * </pre>
 */
final class Notifications {
  private Notifications() {}

  private static final int POLL = 1;
  private static final int POLL_BYTES = 24;

  private static final int INVAL_INODE = 2;
  private static final int INVAL_INODE_BYTES = 40;

  /** A negative offset: none. */
  private static final long NO_PAGES = -1;

  private static final int RETRIEVE = 5;
  private static final int RETRIEVE_BYTES = 48;

  /** The kernel counts its own requests from 2 on, so it does not get there. */
  private static final long OURS = 1L << 62;

  /** Has those look again who poll an open file, if there are any. */
  static void wakePolled(Kernel kernel, long kh) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = arena.allocate(POLL_BYTES, Long.BYTES);
      OutHeader.put(frame, POLL_BYTES, POLL, 0);
      frame.set(JAVA_LONG, 16, kh);
      kernel.send(frame, POLL_BYTES);
    }
  }

  /**
   * Has the kernel forget the attributes and access control lists it knows of an inode, and not
   * keep those it is waiting for. As no pages are concerned, this waits for nobody.
   *
   * @throws ErrnoException ENOENT the kernel does not know it
   */
  static void forgetAttributes(Kernel kernel, long nodeId) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = arena.allocate(INVAL_INODE_BYTES, Long.BYTES);
      OutHeader.put(frame, INVAL_INODE_BYTES, INVAL_INODE, 0);
      frame.set(JAVA_LONG, 16, nodeId);
      frame.set(JAVA_LONG, 24, NO_PAGES);
      kernel.send(frame, INVAL_INODE_BYTES);
    }
  }

  /**
   * Has the kernel send a NOTIFY_REPLY with none of the bytes that it has cached of a file: to the
   * queue of the processor that this thread is on.
   *
   * @throws ErrnoException ENOENT the kernel does not know it · EINVAL it is no regular file
   */
  static void retrieveNothing(FuseDevice device, long nodeId, int queue) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = arena.allocate(RETRIEVE_BYTES, Long.BYTES);
      OutHeader.put(frame, RETRIEVE_BYTES, RETRIEVE, 0);
      frame.set(JAVA_LONG, 16, OURS + 2L * queue);
      frame.set(JAVA_LONG, 24, nodeId);
      frame.set(JAVA_INT, 40, 0);
      device.send(frame, RETRIEVE_BYTES);
    }
  }
}
