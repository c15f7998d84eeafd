package dev.coterie.check.suite;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** As {@link HostTmpfsConformanceIT}, where nobody else changes the directories: with leases. */
class HostAloneConformanceIT extends HostConformanceSuite {
  @Override
  Path place() throws IOException {
    return HostTools.onTmpfs();
  }

  @Override
  boolean isAlone() {
    return true;
  }

  @Override
  Map<String, String> exceptionsThere() {
    return ON_TMPFS;
  }

  @Override
  Target open() throws IOException {
    return new Direct();
  }
}
