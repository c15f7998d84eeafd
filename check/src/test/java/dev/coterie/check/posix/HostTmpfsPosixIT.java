package dev.coterie.check.posix;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A host mount of a tmpfs is like plain system calls on another one. */
class HostTmpfsPosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    HostDirectories house = HostDirectories.ofTmpfs(HostTools.onTmpfs(), layout);
    return HousedWorld.in(
        house, () -> new CoreWorld(house.toCoterie(), HostDirectories.pace(layout)));
  }

  @Override
  World openKernel(Path program, Layout layout, Path scratch) throws IOException {
    Path directory = Files.createDirectory(scratch);
    return new KernelWorld(program, List.of("-h"), directory, layout.toKernel());
  }

  @Override
  int seedCount() {
    return 4;
  }

  @Override
  int steps() {
    return 5_000;
  }
}
