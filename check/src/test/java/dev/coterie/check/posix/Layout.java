package dev.coterie.check.posix;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The mounts that both worlds have. How calls are made is the {@link World}'s business, what they
 * are made on is this one's.
 *
 * @param inodes of the mount at the root
 * @param atime of the mount at the root
 * @param smallBytes of the second mount
 */
record Layout(int inodes, AtimePolicy atime, long smallBytes) {
  /** So few that they run out. */
  static final long SCARCE_BYTES = 96 << 10;

  /** Inodes of a mount where they never run out. */
  static final int ROOMY = 20_000;

  /** A second mount, so small that its space runs out. */
  static final String SMALL = "m";

  /** A third one, read-only and empty. */
  static final String READ_ONLY = "r";

  /** Where the mounts are. */
  static final List<String> PATHS = List.of("/", "/" + SMALL, "/" + READ_ONLY);

  Map<String, TmpfsOptions> mounts() {
    Map<String, TmpfsOptions> mounts = new LinkedHashMap<>();
    mounts.put("/", new TmpfsOptions(256L << 20, inodes, false, atime));
    mounts.put("/" + SMALL, new TmpfsOptions(smallBytes, ROOMY, false, AtimePolicy.NOATIME));
    mounts.put("/" + READ_ONLY, new TmpfsOptions(4096, 1, true, AtimePolicy.STRICTATIME));
    return mounts;
  }

  /** The words for kernel_fs.c. */
  List<String> toKernel() {
    List<String> words = new ArrayList<>();
    mounts().forEach((path, options) -> words.add(path + ":" + options.toKernel()));
    return words;
  }

  Map<String, MountFactory> toCoterie() {
    Map<String, MountFactory> factories = new LinkedHashMap<>();
    mounts().forEach((path, options) -> factories.put(path, options.toCoterie()));
    return factories;
  }
}
