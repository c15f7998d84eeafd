package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The capabilities of one thread, for a process that got them in a user namespace for the sake of
 * mounting: used for nothing else, neither by the threads it starts nor by its programs. Source:
 * capabilities(7).
 */
public final class Capabilities {
  /** _LINUX_CAPABILITY_VERSION_3. */
  private static final int VERSION = 0x20080522;

  // struct __user_cap_data_struct, twice: effective[4] permitted[4] inheritable[4]
  private static final int DATA_BYTES = 24;
  private static final int SECOND = 12;
  private static final int PERMITTED = 4;

  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;

  private Capabilities() {}

  /** A call that may fail. */
  interface Action {
    void run() throws ErrnoException;
  }

  /**
   * From here on the calling thread, and threads that it starts, use no capability but in {@link
   * #using}; programs that it starts get none.
   */
  public static void layDown() throws ErrnoException {
    ProcessCalls.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = header(arena);
      MemorySegment data = arena.allocate(DATA_BYTES, Integer.BYTES);
      ProcessCalls.capget(header, data);
      data.set(JAVA_INT, 0, 0);
      data.set(JAVA_INT, SECOND, 0);
      ProcessCalls.capset(header, data);
    }
  }

  /** Does one call with all that the thread may use. */
  static void using(Action action) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = header(arena);
      MemorySegment before = arena.allocate(DATA_BYTES, Integer.BYTES);
      ProcessCalls.capget(header, before);
      MemorySegment all = arena.allocate(DATA_BYTES, Integer.BYTES).copyFrom(before);
      for (int half = 0; half < DATA_BYTES; half += SECOND) {
        all.set(JAVA_INT, half, all.get(JAVA_INT, half + PERMITTED));
      }
      if (all.mismatch(before) < 0) {
        action.run();
        return;
      }
      ProcessCalls.capset(header, all);
      try {
        action.run();
      } finally {
        ProcessCalls.capset(header, before);
      }
    }
  }

  private static MemorySegment header(Arena arena) {
    MemorySegment header = arena.allocate(8, Integer.BYTES);
    header.set(JAVA_INT, 0, VERSION);
    return header;
  }
}
