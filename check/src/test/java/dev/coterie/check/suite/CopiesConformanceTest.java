package dev.coterie.check.suite;

import java.io.IOException;
import java.util.Map;

/** A client that answers from copies conforms. */
class CopiesConformanceTest extends ConformanceSuite {
  /** What {@code docs/leases.md} says of access times. */
  static final Map<String, String> EXCEPTIONS =
      Map.of(
          "strictatime_marksEveryRead",
          "a read of a copy marks no access time",
          "relatime_marksAReadADayLater",
          "a read of a copy marks no access time");

  @Override
  Target open() throws IOException {
    return new CopiesTarget(Target.mounts());
  }

  @Override
  Map<String, String> exceptions() {
    return EXCEPTIONS;
  }
}
