package dev.coterie.check.suite;

import dev.coterie.check.host.HostTools;
import dev.coterie.client.ClientOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** As {@link CopiesWireConformanceIT}, over directories of the host that nobody else changes. */
class HostCopiesWireConformanceIT extends HostConformanceSuite {
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
    return new Wire(ClientOptions.DEFAULT.withCopies(1 << 20));
  }
}
