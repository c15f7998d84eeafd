package dev.coterie.console;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * The terminal's interrupt, which is for the program in the foreground: whoever only waits for that
 * program lives on, and ends when it does.
 */
final class Interrupts {
  private Interrupts() {}

  /**
   * From here on SIGINT and SIGQUIT do nothing to this process. Programs that it starts are not
   * concerned, as a handler is not inherited across exec.
   */
  static void leaveToProgram() {
    handle("INT");
    handle("QUIT"); // and no thread dump among the program's output
  }

  /** By reflection: sun.misc.Signal is supported (JEP 260), yet the compiler warns of it. */
  private static void handle(String signal) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object nothing =
          Proxy.newProxyInstance(
              handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, args) -> null);
      type.getMethod("handle", type, handler)
          .invoke(null, type.getConstructor(String.class).newInstance(signal), nothing);
    } catch (InvocationTargetException e) {
      // IllegalArgumentException: the JVM keeps this signal for itself, and is not ended by it.
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("sun.misc.Signal", e);
    }
  }
}
