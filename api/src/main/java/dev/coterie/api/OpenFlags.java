package dev.coterie.api;

/** Flags of open(2), with the values of x86-64 Linux, which are also those of 9P2000.L. */
public final class OpenFlags {
  private OpenFlags() {}

  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_ACCMODE = 3;
  public static final int O_CREAT = 0100;
  public static final int O_EXCL = 0200;
  public static final int O_TRUNC = 01000;
  public static final int O_APPEND = 02000;
  public static final int O_NONBLOCK = 04000;
  public static final int O_DSYNC = 010000;
  public static final int O_DIRECT = 040000;
  public static final int O_LARGEFILE = 0100000;
  public static final int O_DIRECTORY = 0200000;
  public static final int O_NOFOLLOW = 0400000;
  public static final int O_NOATIME = 01000000;
  public static final int O_CLOEXEC = 02000000;
  public static final int O_SYNC = 04010000;
  public static final int O_TMPFILE = 020200000;

  /**
   * No flag of open(2), and of no use on a host mount: each read marks the access time, though the
   * tree's own rule is relatime. How a kernel mount has its strictatime.
   */
  public static final int STRICTATIME = 1 << 30;

  /**
   * No flag of open(2), and of no meaning to it: says of what has been opened that it is an event
   * counter ({@link XattrNames#COUNTER}), so that reading and writing can wait without end.
   */
  public static final int COUNTER = 1 << 29;

  /**
   * No flag of open(2): a FIFO is ENXIO, and is not waited for. How those open a file who have
   * FIFOs of their own, and thought that the name is none.
   */
  public static final int NO_FIFO = 1 << 28;

  /**
   * No flag of open(2): an event counter is ENXIO. How those open a file who read it before they
   * know what it is, as to read a counter is to take from it.
   */
  public static final int NO_COUNTER = 1 << 27;

  /**
   * No flag of open(2): a shared lease on the file is wished for, and granted with the opening if
   * one can be had. Only of use to who hears of recalls.
   */
  public static final int LEASE = 1 << 26;

  /**
   * No flag of open(2), and of use with {@link #LEASE}: a read follows at once, and the opening
   * marks the access time for it, so that the attributes it tells are those after the read.
   */
  public static final int READ_SOON = 1 << 25;

  /** The flags fcntl(F_SETFL) can change, and {@link #STRICTATIME}. */
  public static final int SETTABLE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | STRICTATIME;

  /**
   * Whether a handle with these flags may read. Access mode 3 (ioctl only) may neither read nor
   * write.
   */
  public static boolean reads(int flags) {
    int access = flags & O_ACCMODE;
    return access == O_RDONLY || access == O_RDWR;
  }

  /** Whether a handle with these flags may write. */
  public static boolean writes(int flags) {
    int access = flags & O_ACCMODE;
    return access == O_WRONLY || access == O_RDWR;
  }
}
