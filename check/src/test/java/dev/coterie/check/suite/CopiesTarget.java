package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.util.Map;

/** The core in this process, and before each session the copies of a client. */
final class CopiesTarget extends CoreTarget {
  private final int keepsFrom;

  CopiesTarget(Map<String, MountFactory> mounts) throws IOException {
    this(mounts, 0);
  }

  /**
   * @param keepsFrom which write of a file in a row is the first to be kept back; 0: none
   */
  CopiesTarget(Map<String, MountFactory> mounts, int keepsFrom) throws IOException {
    super(mounts);
    this.keepsFrom = keepsFrom;
  }

  @Override
  public FileService openSession() {
    return new Copies(super.openSession(), 1 << 20, System::nanoTime, keepsFrom);
  }
}
