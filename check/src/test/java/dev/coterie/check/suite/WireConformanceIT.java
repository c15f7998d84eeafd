package dev.coterie.check.suite;

import java.io.IOException;

/** A client conforms, and so does all that lies between it and the core. */
class WireConformanceIT extends ConformanceSuite {
  @Override
  Target open() throws IOException {
    return new WireTarget(Target.mounts());
  }
}
