package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.util.Map;

/** The core in this process, and before each session the copies of a client. */
final class CopiesTarget extends CoreTarget {
  CopiesTarget(Map<String, MountFactory> mounts) throws IOException {
    super(mounts);
  }

  @Override
  public FileService openSession() {
    return new Copies(super.openSession(), 1 << 20, System::nanoTime);
  }
}
