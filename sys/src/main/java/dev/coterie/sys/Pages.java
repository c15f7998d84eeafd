package dev.coterie.sys;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that takes up room only where it has been written to. Source: mmap(2). */
public final class Pages {
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;

  private Pages() {}

  /**
   * Zeros, at the beginning of a page; given back when nobody has the segment any more.
   *
   * @throws ErrnoException ENOMEM
   */
  public static MemorySegment allocate(long bytes) throws ErrnoException {
    MemorySegment mapped =
        UringCalls.mmap(bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
    return mapped.reinterpret(Arena.ofAuto(), UringCalls::munmap);
  }
}
