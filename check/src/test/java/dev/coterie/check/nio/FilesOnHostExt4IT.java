package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Random calls on a directory on ext4, as a mount of ours over the wire and as it is. */
class FilesOnHostExt4IT extends FilesDifferentialSuite {
  private @Nullable HostDirectories directories;

  @Override
  Path kernelPlace() throws IOException {
    return HostTools.onExt4();
  }

  @Override
  NioTarget open() throws IOException {
    removeDirectories();
    HostDirectories made = new HostDirectories(kernelPlace());
    directories = made;
    return Leaders.overTheWire(made.mounts(), UnaryOperator.identity());
  }

  @AfterEach
  void removeDirectories() {
    if (directories != null) {
      directories.close();
      directories = null;
    }
  }
}
