package dev.coterie.leader;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Buffers of a few sizes, for all connections of a leader. Whoever needs a large one for a moment
 * gives it back at once; left to the garbage collector, memory outside the heap comes back when a
 * heap that holds almost nothing happens to be collected.
 */
final class BufferPool {
  /** Room for the headers of several frames beside what they carry. */
  private static final int HEADERS_BYTES = 4 << 10;

  /** Capacities, ascending, in bytes: the last has room for any frame. */
  private static final int[] CAPACITIES = {
    8 << 10, (64 << 10) + HEADERS_BYTES, 256 << 10, (1 << 20) + HEADERS_BYTES
  };

  /** How many of each capacity are kept: 2 MiB, 4 MiB, 4 MiB and 8 MiB. */
  private static final int[] KEPT = {256, 64, 16, 8};

  /** What a connection has that is doing nothing: room for a page and its header, both ways. */
  static final int IDLE_BYTES = CAPACITIES[0];

  /**
   * What a connection has while many small requests come at once: room for sixteen pages and their
   * headers, so that they are received, and sent, with one call.
   */
  static final int BURST_BYTES = CAPACITIES[1];

  private final List<ArrayDeque<Buffer>> free = new ArrayList<>(); // each guarded by itself

  BufferPool() {
    for (int i = 0; i < CAPACITIES.length; i++) {
      free.add(new ArrayDeque<>());
    }
  }

  /** An empty buffer with at least this capacity, in bytes. */
  Buffer take(int bytes) {
    int index = 0;
    while (index < CAPACITIES.length && CAPACITIES[index] < bytes) {
      index++;
    }
    if (index == CAPACITIES.length) {
      return Buffer.allocate(bytes);
    }
    ArrayDeque<Buffer> those = free.get(index);
    Buffer buffer;
    synchronized (those) {
      buffer = those.poll();
    }
    return buffer != null ? buffer : Buffer.allocate(CAPACITIES[index]);
  }

  /** Takes a buffer back that nobody uses any more; one of another capacity is not kept. */
  void give(Buffer buffer) {
    int index = Arrays.binarySearch(CAPACITIES, buffer.capacity());
    if (index < 0) {
      return;
    }
    buffer.bytes().clear();
    ArrayDeque<Buffer> those = free.get(index);
    synchronized (those) {
      if (those.size() < KEPT[index]) {
        those.push(buffer);
      }
    }
  }
}
