package dev.coterie.check.nio;

import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/**
 * All checks over directories of the host. What they expect is held against the JDK's own provider
 * on directories of the same two kinds by {@link KernelNioIT} and {@link KernelTmpfsNioIT}.
 */
abstract class HostNioSuite extends NioSuite {
  private @Nullable HostDirectories directories;

  /** Where the directory at "/" is made. */
  abstract Path place() throws IOException;

  abstract NioTarget open(Map<String, MountFactory> mounts) throws IOException;

  @Override
  final NioTarget open() throws IOException {
    HostDirectories made = new HostDirectories(place());
    directories = made;
    return open(made.mounts());
  }

  @Override
  @AfterAll
  void closeTarget() throws IOException {
    super.closeTarget();
    if (directories != null) {
      directories.close();
    }
  }
}
