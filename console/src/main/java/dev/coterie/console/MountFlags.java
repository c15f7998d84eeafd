package dev.coterie.console;

import dev.coterie.client.ProcessIdentity;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.sys.FuseDevice;

/**
 * The options of a kernel mount, as after {@code mount -o}: mount(8), "filesystem-independent".
 *
 * @param bits flags of mount(2)
 * @param othersToo whether users other than the mount's may use it
 */
record MountFlags(long bits, boolean othersToo) {
  static final Option OPTIONS =
      Option.values(
          "--options",
          "LIST",
          "as of mount -o: ro, rw, suid, nosuid, dev, nodev, exec, noexec, noatime, nodiratime,"
              + " relatime, strictatime, allow_other");

  private static final long ATIME =
      FuseDevice.MS_NOATIME | FuseDevice.MS_RELATIME | FuseDevice.MS_STRICTATIME;

  static final Option URING =
      Option.flag("--uring", "receive requests over io_uring, where the kernel offers that");

  /** Says why a mount does without io_uring, if it was wanted. */
  static void tell(FuseMount mount, Console console) {
    String why = mount.whyNoUring();
    if (why != null) {
      console.err().println("coterie: " + why + "; /dev/fuse is used");
    }
  }

  /** A list of words; nosuid and nodev stand unless it says otherwise. */
  static MountFlags parse(Iterable<String> lists) throws Failure {
    boolean root = ProcessIdentity.self().isRoot();
    MountFlags flags = new MountFlags(FuseMount.Options.DEFAULT.flags(), root);
    for (String list : lists) {
      for (String word : list.split(",", -1)) {
        flags =
            word.equals("allow_other")
                ? new MountFlags(flags.bits, true)
                : new MountFlags(with(flags.bits, word), flags.othersToo);
      }
    }
    return flags;
  }

  /** Fails with one line when they are more than this user may ask for. */
  void requireAllowed() throws Failure {
    long kept = FuseDevice.MS_NOSUID | FuseDevice.MS_NODEV;
    if (!ProcessIdentity.self().isRoot() && (bits & kept) != kept) {
      throw Failure.of("mounting with suid or dev needs root");
    }
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
      case "noatime" -> flags & ~ATIME | FuseDevice.MS_NOATIME;
      case "relatime" -> flags & ~ATIME | FuseDevice.MS_RELATIME;
      case "strictatime" -> flags & ~ATIME | FuseDevice.MS_STRICTATIME;
      case "atime" -> flags & ~FuseDevice.MS_NOATIME;
      case "norelatime" -> flags & ~FuseDevice.MS_RELATIME;
      case "nostrictatime" -> flags & ~FuseDevice.MS_STRICTATIME;
      case "nodiratime" -> flags | FuseDevice.MS_NODIRATIME;
      case "diratime" -> flags & ~FuseDevice.MS_NODIRATIME;
      default -> throw Failure.usage("no such mount option: " + word);
    };
  }
}
