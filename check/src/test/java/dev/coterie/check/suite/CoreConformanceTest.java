package dev.coterie.check.suite;

import java.io.IOException;

/** The core itself conforms. */
class CoreConformanceTest extends ConformanceSuite {
  @Override
  Target open() throws IOException {
    return new CoreTarget(Target.mounts());
  }
}
