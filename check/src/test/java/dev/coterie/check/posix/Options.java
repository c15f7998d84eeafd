package dev.coterie.check.posix;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.tmpfs.TmpFs;

/** The file system on both sides. */
record Options(long sizeBytes, long inodes, AtimePolicy atime) {
  private static final int MODE = 0777;

  static final Options ROOMY = new Options(256L << 20, 20_000, AtimePolicy.STRICTATIME);

  String toKernel() {
    String policy =
        switch (atime) {
          case NOATIME -> "noatime";
          case RELATIME -> "relatime";
          case STRICTATIME -> "strictatime";
        };
    return "%s:size=%d,nr_inodes=%d,mode=%o".formatted(policy, sizeBytes, inodes, MODE);
  }

  MountFactory toCoterie() {
    return new TmpFs.Options(sizeBytes, inodes, MODE, 0, 0, false, atime).factory();
  }
}
