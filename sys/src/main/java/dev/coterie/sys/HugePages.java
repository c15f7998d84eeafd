package dev.coterie.sys;

import static dev.coterie.sys.Native.function;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory for much data at a time, which the kernel backs by huge pages where it can: it goes
 * through a buffer of small ones page by page. Source: mmap(2), madvise(2).
 */
public final class HugePages {
  /** A huge page of x86-64 and aarch64. */
  public static final long BYTES = 2 << 20;

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
  private static final int MADV_HUGEPAGE = 14;

  private static final MethodHandle MMAP =
      function("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle MADVISE =
      function("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

  private HugePages() {}

  /**
   * Whole huge pages of zeros, that take up room only where they are used; given back when nobody
   * has the segment any more.
   *
   * @param least bytes
   * @throws OutOfMemoryError no addresses are left
   */
  public static MemorySegment allocate(long least) {
    long bytes = least + BYTES - 1 & -BYTES;
    // One huge page more, as mmap aligns to small ones only.
    long mapped = bytes + BYTES;
    MemorySegment state = Native.state();
    try {
      MemorySegment all =
          (MemorySegment)
              MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  mapped,
                  PROT_READ_WRITE,
                  MAP_PRIVATE_ANONYMOUS_NORESERVE,
                  -1,
                  0L);
      if (all.address() == -1) {
        throw new OutOfMemoryError("mmap of " + mapped + " bytes");
      }
      long start = -all.address() & (BYTES - 1);
      MemorySegment whole = all.reinterpret(mapped, Arena.ofAuto(), HugePages::unmap);
      MemorySegment aligned = whole.asSlice(start, bytes);
      // That the kernel has no huge pages is no error: it goes more slowly.
      int advised = (int) MADVISE.invokeExact(state, aligned, bytes, MADV_HUGEPAGE);
      assert advised == 0 || advised == -1;
      return aligned;
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  private static void unmap(MemorySegment all) {
    try {
      int result = (int) MUNMAP.invokeExact(Native.state(), all, all.byteSize());
      assert result == 0;
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  private static Error fault(Throwable t) {
    return t instanceof Error e ? e : new AssertionError(t);
  }
}
