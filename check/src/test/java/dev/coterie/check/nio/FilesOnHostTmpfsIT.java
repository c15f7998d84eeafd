package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * Random calls on a directory of the kernel's tmpfs, as a mount of ours in this process and as it
 * is.
 */
class FilesOnHostTmpfsIT extends FilesDifferentialSuite {
  private @Nullable HostDirectories directories;

  @Override
  Path kernelPlace() throws IOException {
    return HostTools.onTmpfs();
  }

  @Override
  NioTarget open() throws IOException {
    removeDirectories();
    HostDirectories made = new HostDirectories(kernelPlace());
    directories = made;
    return Leaders.inProcess(made.mounts(), UnaryOperator.identity());
  }

  @AfterEach
  void removeDirectories() {
    if (directories != null) {
      directories.close();
      directories = null;
    }
  }
}
