package dev.coterie.check.suite;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** As {@link CopiesConformanceTest}, over directories of the host that nobody else changes. */
class HostCopiesConformanceIT extends HostAloneConformanceIT {
  @Override
  Map<String, String> exceptions() {
    Map<String, String> all = super.exceptions();
    all.putAll(CopiesConformanceTest.differences());
    return all;
  }

  @Override
  Set<String> unseen() {
    Set<String> unseen = super.unseen();
    unseen.addAll(CopiesConformanceTest.UNSEEN);
    return unseen;
  }

  @Override
  Target open() throws IOException {
    return new Direct(true);
  }
}
