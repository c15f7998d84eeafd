package dev.coterie.gates.fuse.kernel;

import java.util.Locale;

/**
 * What the two sides of a mount can agree on when it begins. The second number is the minor version
 * that brought it; those of bit 32 and above travel in a second word, since 7.36.
 */
public enum InitFlag {
  ASYNC_READ(0, 6),
  POSIX_LOCKS(1, 7),
  /** O_TRUNC comes with OPEN, not as a SETATTR of its own. */
  ATOMIC_O_TRUNC(3, 9),
  /** LOOKUP of "." and ".." is answered, so that file handles can be resolved. */
  EXPORT_SUPPORT(4, 10),
  BIG_WRITES(5, 9),
  /** The umask is ours to apply. */
  DONT_MASK(6, 12),
  FLOCK_LOCKS(10, 17),
  /** Cached pages of a file that has changed are dropped. */
  AUTO_INVAL_DATA(12, 20),
  DO_READDIRPLUS(13, 21),
  READDIRPLUS_AUTO(14, 21),
  ASYNC_DIO(15, 22),
  WRITEBACK_CACHE(16, 23),
  PARALLEL_DIROPS(18, 25),
  /** The kernel asks for access control lists and goes by them. */
  POSIX_ACL(20, 26),
  ABORT_ERROR(21, 27),
  MAX_PAGES(22, 28),
  CACHE_SYMLINKS(23, 28),
  EXPLICIT_INVAL_DATA(25, 30),
  /**
   * Set-id bits are cleared by us: on write and truncation only if the caller is not privileged.
   * Capabilities of programs too, whoever it is.
   */
  HANDLE_KILLPRIV_V2(28, 33),
  SETXATTR_EXT(29, 33),
  INIT_EXT(30, 36),
  /** A file that bypasses the page cache can be mapped shared all the same. */
  DIRECT_IO_ALLOW_MMAP(36, 39),
  PASSTHROUGH(37, 40),
  OVER_IO_URING(41, 42);

  private final long mask;
  private final int since;

  InitFlag(int bit, int since) {
    this.mask = 1L << bit;
    this.since = since;
  }

  public long mask() {
    return mask;
  }

  /** The minor version of the protocol that brought it. */
  public int since() {
    return since;
  }

  public boolean in(long flags) {
    return (flags & mask) != 0;
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
