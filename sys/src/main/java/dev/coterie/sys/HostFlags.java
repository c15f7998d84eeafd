package dev.coterie.sys;

import dev.coterie.api.OpenFlags;

/** Flags of open(2) and openat2(2) beyond {@link OpenFlags}. */
public final class HostFlags {
  /** A descriptor that only says where: nothing is opened, no device wakes, no FIFO waits. */
  public static final int O_PATH = 010000000;

  /** openat2(2): not through a mount point. */
  public static final int RESOLVE_NO_XDEV = 1;

  /** openat2(2): not through links such as /proc/self/fd/1. */
  public static final int RESOLVE_NO_MAGICLINKS = 2;

  /** openat2(2): through no symbolic link at all. */
  public static final int RESOLVE_NO_SYMLINKS = 4;

  /** openat2(2): not above the directory. */
  public static final int RESOLVE_BENEATH = 8;

  // asm-generic's x86-64 and arm64 values differ for four flags (uapi/asm/fcntl.h).
  private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");

  private HostFlags() {}

  /** The flags as this machine's kernel numbers them. */
  static int ofMachine(int flags) {
    if (!ARM) {
      return flags;
    }
    int moved =
        OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_DIRECT | OpenFlags.O_LARGEFILE;
    int result = flags & ~moved;
    result |= (flags & OpenFlags.O_DIRECTORY) != 0 ? 040000 : 0;
    result |= (flags & OpenFlags.O_NOFOLLOW) != 0 ? 0100000 : 0;
    result |= (flags & OpenFlags.O_DIRECT) != 0 ? 0200000 : 0;
    result |= (flags & OpenFlags.O_LARGEFILE) != 0 ? 0400000 : 0;
    return result;
  }
}
