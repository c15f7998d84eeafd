package dev.coterie.check.posix;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A kernel mount of directories of the host is like the host's own tmpfs. */
class HostMountPosixIT extends MountPosixIT {
  private static final List<String> HOW = List.of("-h");

  @Override
  World open(Layout layout, Path scratch) throws IOException {
    HostDirectories house = HostDirectories.ofTmpfs(HostTools.onTmpfs(), layout);
    Path place = Files.createDirectory(scratch);
    return HousedWorld.in(
        house,
        () -> new MountWorld(program(), HOW, layout, house.toCoterie(), place, 1, false, false));
  }

  @Override
  World openKernel(Path program, Layout layout, Path scratch) throws IOException {
    Path directory = Files.createDirectory(scratch);
    return new KernelWorld(program, HOW, directory.toString(), layout.toKernel());
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
