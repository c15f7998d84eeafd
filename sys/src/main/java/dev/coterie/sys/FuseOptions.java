package dev.coterie.sys;

import java.util.ArrayList;
import java.util.List;

/** Options of a FUSE mount as the kernel takes them, and as fusermount3(1) does. mount.fuse3(8). */
final class FuseOptions {
  private FuseOptions() {}

  /** What mount(2) takes as data. */
  static String ofMount(int fd, boolean othersToo) {
    // The ids are who may use it unless others may; they must be known in this user namespace.
    String all =
        "fd="
            + fd
            + ",rootmode=40000,user_id="
            + Integer.toUnsignedString(Accounts.effectiveUid())
            + ",group_id="
            + Integer.toUnsignedString(ProcessCalls.getegid())
            + ",default_permissions";
    return othersToo ? all + ",allow_other" : all;
  }

  /**
   * What fusermount3 takes after {@code -o}; it adds nosuid and nodev. When access times change is
   * the gate's matter, so of what concerns them only noatime is said, for all to see.
   */
  static String ofFusermount(String source, long flags, boolean othersToo) {
    List<String> words = new ArrayList<>();
    words.add((flags & FuseDevice.MS_RDONLY) != 0 ? "ro" : "rw");
    if ((flags & FuseDevice.MS_NOEXEC) != 0) {
      words.add("noexec");
    }
    if ((flags & FuseDevice.MS_NOATIME) != 0) {
      words.add("noatime");
    }
    words.add("default_permissions");
    if (othersToo) {
      words.add("allow_other");
    }
    words.add("subtype=coterie");
    // A comma or backslash would end the name.
    words.add("fsname=" + source.replace("\\", "\\\\").replace(",", "\\,"));
    return String.join(",", words);
  }
}
