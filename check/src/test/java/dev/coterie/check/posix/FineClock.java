package dev.coterie.check.posix;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** The time of day, but never the same twice. */
final class FineClock implements InstantSource {
  private final AtomicReference<Instant> last = new AtomicReference<>(Instant.EPOCH);

  @Override
  public Instant instant() {
    Instant now = Instant.now();
    return last.updateAndGet(before -> now.isAfter(before) ? now : before.plusNanos(1));
  }
}
