package dev.coterie.check.nio;

import java.util.stream.LongStream;

/**
 * The seeds of a random test: one that is always the same and a fresh one, or the one asked for.
 */
final class Seeds {
  static final boolean FULL = Boolean.getBoolean("coterie.full");

  private Seeds() {}

  static LongStream seeds() {
    Long only = Long.getLong("coterie.seed");
    return only != null ? LongStream.of(only) : LongStream.of(1, System.nanoTime());
  }

  /** How to do it again. */
  static String again(Class<?> test, long seed) {
    String name = test.getSimpleName();
    String which =
        name.endsWith("IT") ? "verify -Dtest=none -Dit.test=" + name : "test -Dtest=" + name;
    return "seed %d; again: ./mvnw %s -pl check -am -Dcoterie.seed=%d".formatted(seed, which, seed);
  }
}
