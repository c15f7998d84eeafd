package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;

/** The checks against the JDK's own provider on the kernel's tmpfs. */
class KernelTmpfsNioIT extends KernelNioIT {
  @Override
  Path place() throws IOException {
    return HostTools.onTmpfs();
  }
}
