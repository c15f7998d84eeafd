package dev.coterie.sys;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * What all bindings share: how a function of the C library is bound, and how its errno is read.
 *
 * <p>None is {@code critical}: a blocking call must not hold up the JVM's safepoints. A blocking
 * call pins a virtual thread's carrier, so they are made from platform threads.
 */
final class Native {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CALL_STATE));

  private Native() {}

  /** A function that takes the thread's {@link #state} first, then its arguments. */
  static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    return bind(name, FunctionDescriptor.of(result, arguments));
  }

  /**
   * A function with a variable number of arguments.
   *
   * @param fixed how many its prototype names
   */
  static MethodHandle variadic(
      String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
    return bind(
        name, FunctionDescriptor.of(result, arguments), Linker.Option.firstVariadicArg(fixed));
  }

  private static MethodHandle bind(String name, FunctionDescriptor type, Linker.Option... options) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    Linker.Option[] all = java.util.Arrays.copyOf(options, options.length + 1);
    all[options.length] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(symbol, type, all);
  }

  /** Where a call leaves its errno, for this thread. */
  static MemorySegment state() {
    return STATE.get();
  }

  static int checked(MemorySegment state, int result, String call) throws ErrnoException {
    if (result < 0) {
      throw failed(state, call);
    }
    return result;
  }

  static long checked(MemorySegment state, long result, String call) throws ErrnoException {
    if (result < 0) {
      throw failed(state, call);
    }
    return result;
  }

  /** Whether the call that failed had nothing to do yet. */
  static boolean isAgain(MemorySegment state) {
    return (int) ERRNO.get(state, 0L) == Errno.EAGAIN.number();
  }

  private static ErrnoException failed(MemorySegment state, String call) {
    int number = (int) ERRNO.get(state, 0L);
    Errno errno = Errno.of(number);
    String text = errno.number() == number ? call : call + " (errno " + number + ")";
    return new ErrnoException(errno, text);
  }

  /**
   * What came out of a method handle: an errno of ours passes, anything else is a fault of this
   * class.
   */
  static ErrnoException fault(Throwable t) {
    if (t instanceof ErrnoException e) {
      return e;
    }
    throw new AssertionError(t);
  }
}
