package dev.coterie.console;

import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.sys.FuseDevice;

/** The options of a kernel mount, as after {@code mount -o}: mount(8), "filesystem-independent". */
final class MountFlags {
  static final Option OPTIONS =
      Option.values(
          "--options", "LIST", "ro, rw, suid, nosuid, dev, nodev, exec, noexec, noatime, relatime");

  static final Option URING =
      Option.flag("--uring", "receive requests over io_uring, where the kernel offers that");

  /** Says why a mount does without io_uring, if it was wanted. */
  static void tell(FuseMount mount, Console console) {
    String why = mount.whyNoUring();
    if (why != null) {
      console.err().println("coterie: " + why + "; /dev/fuse is used");
    }
  }

  private MountFlags() {}

  /** Flags of mount(2) for a list of words; nosuid and nodev stand unless it says otherwise. */
  static long parse(Iterable<String> lists) throws Failure {
    long flags = FuseMount.Options.DEFAULT.flags();
    for (String list : lists) {
      for (String word : list.split(",", -1)) {
        flags = with(flags, word);
      }
    }
    return flags;
  }

  private static long with(long flags, String word) throws Failure {
    return switch (word) {
      case "", "defaults" -> flags;
      case "ro" -> flags | FuseDevice.MS_RDONLY;
      case "rw" -> flags & ~FuseDevice.MS_RDONLY;
      case "nosuid" -> flags | FuseDevice.MS_NOSUID;
      case "suid" -> flags & ~FuseDevice.MS_NOSUID;
      case "nodev" -> flags | FuseDevice.MS_NODEV;
      case "dev" -> flags & ~FuseDevice.MS_NODEV;
      case "noexec" -> flags | FuseDevice.MS_NOEXEC;
      case "exec" -> flags & ~FuseDevice.MS_NOEXEC;
      case "noatime" -> flags | FuseDevice.MS_NOATIME;
      case "relatime" -> flags & ~FuseDevice.MS_NOATIME;
      default -> throw Failure.usage("no such mount option: " + word);
    };
  }
}
