package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;

/** A clock that the JDK does not have. Source: clock_gettime(2). */
public final class Clocks {
  private static final int CLOCK_BOOTTIME = 7;
  private static final MethodHandle CLOCK_GETTIME =
      Native.function("clock_gettime", JAVA_INT, JAVA_INT, ADDRESS);

  private Clocks() {}

  /** Nanoseconds since this machine was started, those in which it was suspended too. */
  public static long sinceBoot() {
    MemorySegment time = Scratch.own().struct; // struct timespec
    MemorySegment state = Native.state();
    try {
      int result = (int) CLOCK_GETTIME.invokeExact(state, CLOCK_BOOTTIME, time);
      Native.checked(state, result, "clock_gettime");
      return TimeUnit.SECONDS.toNanos(time.get(JAVA_LONG, 0)) + time.get(JAVA_LONG, Long.BYTES);
    } catch (Throwable t) {
      throw new IllegalStateException("no CLOCK_BOOTTIME", t); // there is since Linux 2.6.39
    }
  }
}
