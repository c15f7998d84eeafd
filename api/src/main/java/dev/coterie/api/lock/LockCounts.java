package dev.coterie.api.lock;

import dev.coterie.api.Limits;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How many ranges are held in all files of a tree, by process and by session. */
final class LockCounts {
  private final ConcurrentHashMap<LockProcess, Integer> byProcess = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Object, Integer> bySession = new ConcurrentHashMap<>();

  void add(LockProcess process, int ranges) {
    if (ranges != 0) {
      byProcess.merge(process, ranges, LockCounts::sum);
      bySession.merge(process.session(), ranges, LockCounts::sum);
    }
  }

  private static @Nullable Integer sum(Integer a, Integer b) {
    int sum = a + b;
    // Null takes the entry out.
    return sum == 0 ? null : sum;
  }

  boolean holdsLocks(LockProcess process) {
    return byProcess.containsKey(process);
  }

  /** Whether a session may hold one range more. */
  boolean hasRoom(LockProcess process) {
    return bySession.getOrDefault(process.session(), 0) < Limits.LOCKS_PER_SESSION;
  }

  boolean isEmpty() {
    return byProcess.isEmpty() && bySession.isEmpty();
  }
}
