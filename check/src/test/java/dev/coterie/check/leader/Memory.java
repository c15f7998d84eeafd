package dev.coterie.check.leader;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Memory outside the heap, which a leader's buffers are in. */
final class Memory {
  private Memory() {}

  /** Bytes reserved now, by this whole process. */
  static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /** As {@link #directBytes}, without what nobody can reach any more. */
  static long directBytesInUse() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return directBytes();
  }
}
