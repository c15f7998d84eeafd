package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A file system in this process over directories of the host; "/" lies on the kernel's tmpfs. */
class HostTmpfsNioIT extends HostNioSuite {
  @Override
  Path place() throws IOException {
    return HostTools.onTmpfs();
  }

  @Override
  NioTarget open(Map<String, MountFactory> mounts) throws IOException {
    return Leaders.inProcess(mounts, UnaryOperator.identity());
  }
}
