package dev.coterie.check.posix;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.tmpfs.TmpFs;

/** One tmpfs, as the kernel is told of it and as ours is. */
record TmpfsOptions(long sizeBytes, long inodes, boolean readOnly, AtimePolicy atime) {
  private static final int MODE = 0777;

  /** FLAGS:DATA of kernel_fs.c. */
  String toKernel() {
    String policy =
        switch (atime) {
          case NOATIME -> "noatime";
          case RELATIME -> "relatime";
          case STRICTATIME -> "strictatime";
        };
    return "%s%s:size=%d,nr_inodes=%d,mode=%o"
        .formatted(readOnly ? "ro," : "", policy, sizeBytes, inodes, MODE);
  }

  MountFactory toCoterie() {
    return new TmpFs.Options(sizeBytes, inodes, MODE, 0, 0, readOnly, atime).factory();
  }
}
