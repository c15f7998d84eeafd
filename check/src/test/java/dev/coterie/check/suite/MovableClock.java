package dev.coterie.check.suite;

import dev.coterie.api.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** A clock that stands still until a check moves it. */
final class MovableClock implements InstantSource {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05.000000006Z"));

  @Override
  public Instant instant() {
    return now.get();
  }

  Timestamp now() {
    return Timestamp.of(instant());
  }

  /** Moves on by one second and tells the new time. */
  Timestamp tick() {
    return advance(Duration.ofSeconds(1));
  }

  Timestamp advance(Duration step) {
    return Timestamp.of(now.updateAndGet(before -> before.plus(step)));
  }
}
