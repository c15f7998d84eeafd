package dev.coterie.gates.fuse;

import dev.coterie.gates.fuse.kernel.Init;
import dev.coterie.gates.fuse.kernel.InitFlag;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a kernel offered when the mount began, and what was taken of it.
 *
 * @param major of the protocol
 * @param minor that the kernel speaks
 * @param offered all it can do, as far as this program knows it
 * @param taken what both do from then on
 */
public record Negotiation(int major, int minor, Set<InitFlag> offered, Set<InitFlag> taken) {
  /** Bytes of one read or write. */
  public static final int DATA_BYTES = 1 << 20;

  private static final int PAGE_BYTES = 4096;
  private static final int BACKGROUND = 64;

  /** What is wanted wherever it is offered. */
  private static final Set<InitFlag> WANTED =
      EnumSet.of(
          InitFlag.ASYNC_READ,
          InitFlag.POSIX_LOCKS,
          InitFlag.ATOMIC_O_TRUNC,
          InitFlag.EXPORT_SUPPORT,
          InitFlag.BIG_WRITES,
          InitFlag.DONT_MASK,
          InitFlag.FLOCK_LOCKS,
          InitFlag.AUTO_INVAL_DATA,
          InitFlag.ASYNC_DIO,
          InitFlag.PARALLEL_DIROPS,
          InitFlag.POSIX_ACL,
          InitFlag.MAX_PAGES,
          InitFlag.HANDLE_KILLPRIV_V2,
          InitFlag.SETXATTR_EXT,
          InitFlag.INIT_EXT,
          InitFlag.DIRECT_IO_ALLOW_MMAP);

  /**
   * @param more that is wanted of this mount
   */
  static Negotiation of(MemorySegment request, Set<InitFlag> more) {
    long flags = Init.flags(request);
    Set<InitFlag> offered = EnumSet.noneOf(InitFlag.class);
    for (InitFlag flag : InitFlag.values()) {
      if (flag.in(flags)) {
        offered.add(flag);
      }
    }
    Set<InitFlag> taken = EnumSet.copyOf(WANTED);
    taken.addAll(more);
    taken.retainAll(offered);
    return new Negotiation(
        Init.major(request), Init.minor(request), Set.copyOf(offered), Set.copyOf(taken));
  }

  /** Whether the kernel is one this program can serve. */
  boolean isPossible() {
    return major == Init.MAJOR && minor >= Init.MINOR_LEAST;
  }

  Init.Answer answer(int maxReadahead) {
    long flags = 0;
    for (InitFlag flag : taken) {
      flags |= flag.mask();
    }
    return new Init.Answer(
        Math.min(minor, Init.MINOR_MOST),
        maxReadahead,
        flags,
        BACKGROUND,
        DATA_BYTES,
        DATA_BYTES / PAGE_BYTES);
  }

  /** Bytes in front of the name of a SETXATTR. */
  int setxattrHeaderBytes() {
    return taken.contains(InitFlag.SETXATTR_EXT) ? 16 : 8;
  }
}
