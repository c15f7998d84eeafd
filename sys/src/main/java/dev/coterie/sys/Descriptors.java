package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** How many descriptors this process may have open (RLIMIT_NOFILE). */
public final class Descriptors {
  private static final int RLIMIT_NOFILE = 7;

  private static final MethodHandle GETRLIMIT = function("getrlimit", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SETRLIMIT = function("setrlimit", JAVA_INT, JAVA_INT, ADDRESS);

  private Descriptors() {}

  /** Raises the soft limit to the hard one, and answers that. */
  public static int raiseLimit() throws ErrnoException {
    MemorySegment limits = Scratch.own().struct;
    getrlimit(RLIMIT_NOFILE, limits);
    long hard = limits.get(JAVA_LONG, 8);
    if (limits.get(JAVA_LONG, 0) != hard) {
      limits.set(JAVA_LONG, 0, hard);
      setrlimit(RLIMIT_NOFILE, limits);
    }
    // RLIM_INFINITY is -1.
    return hard < 0 || hard > Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) hard;
  }

  /**
   * {@code int getrlimit(int resource, struct rlimit *rlim)}.
   *
   * <pre>
   * soft[8] hard[8]
   * </pre>
   */
  private static void getrlimit(int resource, MemorySegment limits) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) GETRLIMIT.invokeExact(state, resource, limits), "getrlimit");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int setrlimit(int resource, const struct rlimit *rlim)}. */
  private static void setrlimit(int resource, MemorySegment limits) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) SETRLIMIT.invokeExact(state, resource, limits), "setrlimit");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
