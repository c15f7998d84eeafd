package dev.coterie.leader;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bytes outside the heap, seen both ways: as the codec and as the socket want them. Freed when
 * unreachable.
 */
record Buffer(ByteBuffer bytes, MemorySegment memory) {
  /** A cache line. More costs as much again for a small buffer: malloc(3) gives no page alone. */
  private static final int ALIGNMENT = 64;

  static Buffer allocate(int capacity) {
    MemorySegment memory = Arena.ofAuto().allocate(capacity, ALIGNMENT);
    return new Buffer(memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN), memory);
  }

  int capacity() {
    return bytes.capacity();
  }
}
