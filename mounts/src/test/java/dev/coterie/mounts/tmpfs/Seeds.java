package dev.coterie.mounts.tmpfs;

import java.util.stream.LongStream;

/** Seeds of tests with random operations: some fixed ones, and one that is new each time. */
final class Seeds {
  private Seeds() {}

  /** {@code -Dcoterie.seed=N} repeats one; a failing test names its seed. */
  static long[] of(int fixed) {
    String given = System.getProperty("coterie.seed", "");
    if (!given.isEmpty()) {
      return new long[] {Long.parseLong(given)};
    }
    long fresh = System.nanoTime() & 0xFFFF_FFFFL;
    System.out.println("fresh seed: " + fresh);
    return LongStream.concat(LongStream.range(0, fixed), LongStream.of(fresh)).toArray();
  }
}
