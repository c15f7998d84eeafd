package dev.coterie.check.posix;

import java.util.Map;

/** What a run of all usual seeds must have met of each call, beside its success. */
final class Expected {
  private Expected() {}

  static final Map<String, String> OUTCOMES = Map.of();
}
