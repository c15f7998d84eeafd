package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine's processors, by number. Source: cpuset(7), sched_setaffinity(2). */
public final class Processors {
  private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");

  private Processors() {}

  /** How many the kernel counts with, whether they are there now or not. */
  public static int possible() {
    try {
      return count(Files.readString(POSSIBLE).strip());
    } catch (IOException e) {
      return Runtime.getRuntime().availableProcessors();
    }
  }

  /** Of a list such as {@code 0-3,8,10-11}. */
  static int count(String list) {
    int count = 0;
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", -1);
      count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
    }
    return count;
  }

  /**
   * Keeps the calling thread on one processor.
   *
   * @throws ErrnoException EINVAL it is not there, or not for this process
   */
  public static void keepOn(int processor) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      // A set of bits in words of 64.
      MemorySegment mask = arena.allocate((processor / Long.SIZE + 1L) * Long.BYTES, Long.BYTES);
      mask.set(JAVA_BYTE, processor / Byte.SIZE, (byte) (1 << processor % Byte.SIZE));
      UringCalls.schedSetaffinity(0, mask);
    }
  }
}
