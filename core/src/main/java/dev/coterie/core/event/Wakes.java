package dev.coterie.core.event;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Runs those who were woken up, one after the other: whoever is woken by one of them comes behind,
 * not on top of it, so that a long chain needs no deep stack.
 */
final class Wakes {
  private static final ThreadLocal<@Nullable Deque<Runnable>> RUNNING = new ThreadLocal<>();

  private Wakes() {}

  static void run(Collection<Runnable> woken) {
    Deque<Runnable> queue = RUNNING.get();
    if (queue != null) {
      queue.addAll(woken);
      return;
    }
    queue = new ArrayDeque<>(woken);
    RUNNING.set(queue);
    try {
      runAll(queue);
    } finally {
      RUNNING.remove();
    }
  }

  /** A fault of one is not to cost the others their turn. */
  private static void runAll(Deque<Runnable> queue) {
    Throwable fault = null;
    for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
      try {
        next.run();
      } catch (RuntimeException | Error e) {
        fault = e;
      }
    }
    if (fault instanceof RuntimeException e) {
      throw e;
    }
    if (fault instanceof Error e) {
      throw e;
    }
  }
}
