package dev.coterie.client;

import dev.coterie.sys.Clocks;
import java.util.function.LongSupplier;

/**
 * The clock by which leases end, in nanoseconds; nobody sets it. Classes, as lambdas would be linked
 * at the start of a short command.
 */
final class LeaseClock {
  private LeaseClock() {}

  /** Of a leader on this machine: both stand still when it is suspended. */
  static LongSupplier near() {
    return new LongSupplier() {
      @Override
      public long getAsLong() {
        return System.nanoTime();
      }
    };
  }

  /** Of a leader that may be elsewhere, and goes on when this machine is suspended. */
  static LongSupplier far() {
    return new LongSupplier() {
      @Override
      public long getAsLong() {
        return Clocks.sinceBoot();
      }
    };
  }
}
