package dev.coterie.check.posix;

import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The same through the Java client, from two processes. */
class HostClientPosixIT extends HostExt4PosixIT {
  @Override
  World world(Map<String, MountFactory> mounts, Pace.Kind pace) throws IOException {
    Path socket = Files.createTempDirectory(directory, "leader").resolve("socket");
    return new ClientWorld(mounts, pace, socket);
  }

  @Override
  int steps() {
    return 3_000;
  }
}
