package dev.coterie.check.suite;

import dev.coterie.check.host.Overlay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/**
 * All checks over a directory whose inodes cannot be opened by their handles, as for leaders that
 * are not privileged.
 */
class HostOverlayConformanceIT extends HostConformanceSuite {
  private @Nullable Overlay overlay;

  @Override
  Path place() throws IOException {
    Overlay mounted = new Overlay();
    overlay = mounted;
    return mounted.directory();
  }

  @Override
  Map<String, String> exceptionsThere() {
    return ON_TMPFS;
  }

  @AfterAll
  void unmount() {
    removeDirectories();
    if (overlay != null) {
      overlay.close();
    }
  }

  @Override
  Target open() throws IOException {
    return new Direct();
  }
}
