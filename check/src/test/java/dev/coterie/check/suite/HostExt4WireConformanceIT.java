package dev.coterie.check.suite;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** All checks over directories of the host, through the wire; "/" lies on ext4. */
class HostExt4WireConformanceIT extends HostConformanceSuite {
  @Override
  Path place() throws IOException {
    return HostTools.onExt4();
  }

  @Override
  Map<String, String> exceptionsThere() {
    return ON_EXT4;
  }

  @Override
  Target open() throws IOException {
    return new Wire();
  }
}
