package dev.coterie.check.posix;

import dev.coterie.check.host.HostTools;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A host mount of a directory on ext4 is like plain system calls on another one. */
class HostExt4PosixIT extends DifferentialSuite {
  @Override
  World open(Layout layout, Path scratch) throws IOException {
    HostDirectories house = HostDirectories.onExt4(HostTools.onTmpfs(), layout);
    return HousedWorld.in(house, () -> world(house.toCoterie(), HostDirectories.pace(layout)));
  }

  World world(Map<String, MountFactory> mounts, Pace.Kind pace) throws IOException {
    return new CoreWorld(mounts, pace);
  }

  @Override
  World openKernel(Path program, Layout layout, Path scratch) throws IOException {
    HostDirectories house = HostDirectories.firstOnExt4(HostTools.onTmpfs(), layout);
    List<String> options = new ArrayList<>(List.of("-h", "-g"));
    if (HostDirectories.pace(layout) == Pace.Kind.HOST_SLOW) {
      options.add("-s");
    }
    List<String> below = layout.toKernel();
    below.removeIf(mount -> mount.startsWith("/:"));
    return HousedWorld.in(
        house, () -> new KernelWorld(program, options, house.first().toString(), below));
  }

  @Override
  Leeway leeway() {
    return Leeway.EXT4;
  }

  /** There it is not inodes that run out. */
  @Override
  List<String> unmet() {
    return List.of("mkdir ENOSPC", "mknod s ENOSPC", "mknod p ENOSPC", "mknod - ENOSPC");
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
