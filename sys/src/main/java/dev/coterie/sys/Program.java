package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The program that this process is. Source: execve(2). */
public final class Program {
  private Program() {}

  /**
   * Runs another program in the place of this one, with its standard streams, environment and
   * process id. The kernel ends all threads; nothing of the JVM runs any more.
   *
   * @param line the program, looked for in PATH, and its arguments; bytes, as they came
   * @throws ErrnoException it cannot be run; then this one goes on
   */
  public static void replace(List<byte[]> line) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argv = arena.allocate(ADDRESS, line.size() + 1L);
      for (int i = 0; i < line.size(); i++) {
        byte[] word = line.get(i);
        MemorySegment string = arena.allocate(word.length + 1L);
        MemorySegment.copy(word, 0, string, JAVA_BYTE, 0, word.length);
        argv.setAtIndex(ADDRESS, i, string);
      }
      ProcessCalls.execvp(argv.getAtIndex(ADDRESS, 0), argv);
    }
  }
}
