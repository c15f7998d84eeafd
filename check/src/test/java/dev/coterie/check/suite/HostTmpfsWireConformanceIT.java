package dev.coterie.check.suite;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** All checks over directories of the host, through the wire; "/" lies on the kernel's tmpfs. */
class HostTmpfsWireConformanceIT extends HostConformanceSuite {
  @Override
  Path place() throws IOException {
    return HostTools.onTmpfs();
  }

  @Override
  Map<String, String> exceptionsThere() {
    return ON_TMPFS;
  }

  @Override
  Target open() throws IOException {
    return new Wire();
  }
}
