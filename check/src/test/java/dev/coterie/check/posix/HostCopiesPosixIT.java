package dev.coterie.check.posix;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** As {@link CopiesPosixIT}, over directories of the host that nobody else changes. */
class HostCopiesPosixIT extends TwoMountsPosixIT {
  private static final List<String> HOW = List.of("-h");

  @Override
  World open(Layout layout, Path scratch) throws IOException {
    HostDirectories house = HostDirectories.ofTmpfs(HostTools.onTmpfs(), layout);
    Path place = Files.createDirectory(scratch);
    return HousedWorld.in(
        house,
        () -> new MountWorld(program(), HOW, layout, house.toCoterie(true), place, 2, false, true));
  }

  @Override
  World openKernel(Path program, Layout layout, Path scratch) throws IOException {
    Path directory = Files.createDirectory(scratch);
    return new KernelWorld(program, HOW, directory.toString(), layout.toKernel());
  }

  /** A copy's may lag behind. */
  @Override
  Leeway leeway() {
    return Leeway.ATIME;
  }

  @Override
  int seedCount() {
    return 2;
  }

  @Override
  int steps() {
    return 1_500;
  }
}
