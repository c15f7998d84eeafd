package dev.coterie.client.events;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls of the C library that only tests need: descriptors without channels around them. */
final class Calls {
  private static final int O_NONBLOCK = 04000;
  private static final int O_CLOEXEC = 02000000;
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle PIPE2 = bind("pipe2", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SOCKETPAIR =
      bind("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle READ = bind("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = bind("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle DUP = bind("dup", JAVA_INT, JAVA_INT);
  private static final MethodHandle DUP2 = bind("dup2", JAVA_INT, JAVA_INT, JAVA_INT);

  private Calls() {}

  private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  private interface Body {
    long run(Arena arena) throws Throwable;
  }

  private static long call(Body body) {
    try (Arena arena = Arena.ofConfined()) {
      return body.run(arena);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** To read from, to write to; neither waits. */
  static int[] pipe() {
    int[] ends = new int[2];
    call(arena -> {
      MemorySegment two = arena.allocate(JAVA_INT, 2);
      int result = (int) PIPE2.invokeExact(two, O_NONBLOCK | O_CLOEXEC);
      return ends(two, result, ends);
    });
    return ends;
  }

  static int[] socketPair() {
    int[] ends = new int[2];
    call(arena -> {
      MemorySegment two = arena.allocate(JAVA_INT, 2);
      int type = SOCK_STREAM | O_NONBLOCK | O_CLOEXEC;
      int result = (int) SOCKETPAIR.invokeExact(AF_UNIX, type, 0, two);
      return ends(two, result, ends);
    });
    return ends;
  }

  private static long ends(MemorySegment two, int result, int[] ends) {
    assertThat(result).isZero();
    ends[0] = two.getAtIndex(JAVA_INT, 0);
    ends[1] = two.getAtIndex(JAVA_INT, 1);
    return 0;
  }

  /** How many came; 0 the end, -1 none now. */
  static int read(int descriptor, int count) {
    return (int)
        call(arena -> (long) READ.invokeExact(descriptor, arena.allocate(count), (long) count));
  }

  static int write(int descriptor, int count) {
    return (int)
        call(arena -> (long) WRITE.invokeExact(descriptor, arena.allocate(count), (long) count));
  }

  static void close(int descriptor) {
    assertThat(call(arena -> (int) CLOSE.invokeExact(descriptor))).isZero();
  }

  static int dup(int descriptor) {
    return (int) call(arena -> (int) DUP.invokeExact(descriptor));
  }

  static void dup2(int descriptor, int number) {
    assertThat(call(arena -> (int) DUP2.invokeExact(descriptor, number))).isEqualTo(number);
  }
}
