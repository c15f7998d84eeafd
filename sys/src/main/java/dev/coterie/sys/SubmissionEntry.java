package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What the kernel is asked for through an {@link IoUring}: {@code struct io_uring_sqe} of the long
 * form.
 *
 * <pre>
 *   0        1       2        4       8                  16       24      28       32
 *  +--------+-------+--------+-------+------------------+--------+-------+--------+
 *  | opcode | flags | ioprio | fd    | off              | addr   | len   | op's   |
 *  |        |       |        |       | or cmd_op[4]     |        |       | flags  |
 *  +--------+-------+--------+-------+------------------+--------+-------+--------+
 *   32            40          48                                             128
 *  +-------------+-----------+-----------------------------------------------+
 *  | user_data   |           | of a command: what belongs to it              |
 *  +-------------+-----------+-----------------------------------------------+
 * </pre>
 *
 * {@code user_data} comes back with the completion. Source: io_uring_enter(2), {@code
 * linux/io_uring.h}.
 */
public final class SubmissionEntry {
  private SubmissionEntry() {}

  /** IORING_SETUP_SQE128. */
  static final int BYTES = 128;

  /** Where a command's own bytes begin. */
  public static final int COMMAND_OFFSET = 48;

  // enum io_uring_op
  private static final byte IORING_OP_READ = 22;
  private static final byte IORING_OP_URING_CMD = 46;

  /** Puts a read of a descriptor that has no position. */
  static void putRead(MemorySegment entry, int fd, MemorySegment buffer, long userData) {
    put(entry, IORING_OP_READ, fd, userData);
    entry.set(JAVA_LONG, 8, -1);
    entry.set(JAVA_LONG, 16, buffer.address());
    entry.set(JAVA_INT, 24, (int) buffer.byteSize());
  }

  /** Puts a command to what the descriptor stands for; its own bytes are zero. */
  static void putCommand(MemorySegment entry, int fd, int command, long userData) {
    put(entry, IORING_OP_URING_CMD, fd, userData);
    entry.set(JAVA_INT, 8, command);
  }

  /** A command's buffers: an array of struct iovec. */
  public static void putBuffers(MemorySegment entry, MemorySegment iovecs, int count) {
    entry.set(JAVA_LONG, 16, iovecs.address());
    entry.set(JAVA_INT, 24, count);
  }

  private static void put(MemorySegment entry, byte opcode, int fd, long userData) {
    entry.fill((byte) 0);
    entry.set(JAVA_BYTE, 0, opcode);
    entry.set(JAVA_INT, 4, fd);
    entry.set(JAVA_LONG, 32, userData);
  }
}
