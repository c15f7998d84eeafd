package dev.coterie.check.posix;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.tmpfs.TmpFs;

/** One tmpfs, as the kernel is told of it and as ours is. */
record TmpfsOptions(long sizeBytes, long inodes, boolean readOnly, AtimePolicy atime) {
  static final int MODE = 0777;

  /** FLAGS:DATA of kernel_fs.c. */
  String toKernel() {
    return (readOnly ? "ro," : "") + policy() + ":" + data();
  }

  /** What mount(8) takes behind -o, but for {@link #readOnly}. */
  String toMount() {
    return policy() + "," + data();
  }

  private String policy() {
    return policy(atime);
  }

  static String policy(AtimePolicy atime) {
    return switch (atime) {
      case NOATIME -> "noatime";
      case RELATIME -> "relatime";
      case STRICTATIME -> "strictatime";
    };
  }

  private String data() {
    return "size=%d,nr_inodes=%d,mode=%o".formatted(sizeBytes, inodes, MODE);
  }

  MountFactory toCoterie() {
    return new TmpFs.Options(sizeBytes, inodes, MODE, 0, 0, readOnly, atime).factory();
  }
}
