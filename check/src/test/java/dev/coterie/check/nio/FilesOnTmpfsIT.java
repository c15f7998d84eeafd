package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Random calls on our tmpfs, in this process, and on the kernel's. */
class FilesOnTmpfsIT extends FilesDifferentialSuite {
  @Override
  Path kernelPlace() throws IOException {
    return HostTools.onTmpfs();
  }

  @Override
  NioTarget open() throws IOException {
    return Leaders.inProcess(UnaryOperator.identity());
  }
}
