package dev.coterie.check.suite;

import dev.coterie.client.ClientOptions;
import java.io.IOException;

/** As {@link CopiesWireConformanceIT}, over directories of the host that nobody else changes. */
class HostCopiesWireConformanceIT extends HostCopiesConformanceIT {
  @Override
  Target open() throws IOException {
    return new Wire(ClientOptions.DEFAULT.withCopies(1 << 20));
  }
}
