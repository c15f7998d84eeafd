package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Locks that clients decide on by themselves, against those that the leader decides on. */
class LocalLocksTest {
  private static final int SEEDS = Boolean.getBoolean("coterie.full") ? 20_000 : 1_000;
  private static final int STEPS = 80;

  @Test
  void randomScripts_endAsWithoutLeases() throws Exception {
    long local = 0;
    long asked = 0;
    long waits = 0;
    long deadlocks = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      try (LockScript here = new LockScript(true);
          LockScript there = new LockScript(false)) {
        Random one = new Random(seed);
        Random other = new Random(seed);
        StringBuilder before = new StringBuilder();
        for (int step = 0; step < STEPS; step++) {
          String expected = there.step(other);
          before.append(expected).append('\n');
          assertThat(here.step(one))
              .as("seed %d, step %d after\n%s", seed, step, before)
              .isEqualTo(expected);
        }
        assertThat(here.report()).as("seed %d", seed).isEqualTo(there.report());
        assertThat(here.end()).as("seed %d, the end", seed).isEqualTo(there.end());
        local += here.local();
        asked += here.asked();
        waits += here.waits();
        deadlocks += here.deadlocks();
      }
    }
    // The scripts were such that something could be found.
    assertThat(local).as("decided without a message, of %d", local + asked).isGreaterThan(asked / 4);
    assertThat(waits).as("waits").isGreaterThan(SEEDS);
    assertThat(deadlocks).as("deadlocks").isGreaterThan(SEEDS / 100);
  }
}
