package dev.coterie.check.suite;

import dev.coterie.client.ClientOptions;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** A client on a unix socket that keeps writes back conforms. */
class WriteBackWireConformanceIT extends ConformanceSuite {
  @Override
  Target open() throws IOException {
    return new WireTarget(
        Target.mounts(), ClientOptions.DEFAULT.withCopies(1 << 20).withWriteBack());
  }

  @Override
  Map<String, String> exceptions() {
    return WriteBackConformanceTest.differences();
  }

  @Override
  Set<String> unseen() {
    return WriteBackConformanceTest.notSeen();
  }
}
