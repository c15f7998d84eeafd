package dev.coterie.check.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Timestamp;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.locks.LockSupport;

/** The clock that the kernel takes the times of files from. */
final class HostTick {
  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_REALTIME_COARSE = 5;
  private static final long POLL_NANOS = 200_000;

  /** Times further ahead were set by someone. */
  private static final long AHEAD_SECONDS = 3600;

  /** {@code int clock_gettime(clockid_t clock, struct timespec *tp)}. */
  private static final MethodHandle CLOCK_GETTIME =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

  private HostTick() {}

  /** Waits until the kernel gives files later times than this one; at once if it lies far ahead. */
  static void awaitAfter(Timestamp time) {
    while (true) {
      Timestamp now = read(CLOCK_REALTIME_COARSE);
      if (time.compareTo(now) < 0 || time.seconds() - now.seconds() > AHEAD_SECONDS) {
        return;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Waits until the kernel gives files later times than now. */
  static void awaitNext() {
    awaitAfter(read(CLOCK_REALTIME));
  }

  private static Timestamp read(int clock) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(2L * Long.BYTES, Long.BYTES);
      int result = (int) CLOCK_GETTIME.invokeExact(clock, time);
      if (result != 0) {
        throw new IllegalStateException("clock_gettime");
      }
      return new Timestamp(time.get(JAVA_LONG, 0), (int) time.get(JAVA_LONG, Long.BYTES));
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
