package dev.coterie.api.lock;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How many ranges are held in all files of a tree, by process and by session. */
final class LockCounts {
  private final int most; // immutable: of one session
  private final ConcurrentHashMap<LockProcess, Integer> byProcess = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Object, Integer> bySession = new ConcurrentHashMap<>();

  /** Ranges that sessions may come to hold that are not told of for now. */
  private final ConcurrentHashMap<Object, Integer> reserved = new ConcurrentHashMap<>();

  LockCounts(int most) {
    this.most = most;
  }

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

  void reserve(Object session, int ranges) {
    reserved.merge(session, ranges, LockCounts::sum);
  }

  /** Whether it does, or may without having told. */
  boolean holdsLocks(LockProcess process) {
    return byProcess.containsKey(process) || reserved.containsKey(process.session());
  }

  /** How many ranges a session holds. */
  int held(Object session) {
    return bySession.getOrDefault(session, 0);
  }

  /** Whether a session may hold one range more. */
  boolean hasRoom(LockProcess process) {
    return held(process.session()) < most;
  }

  /** Whether it may come to hold so many more without telling. */
  boolean hasRoom(Object session, int ranges) {
    return held(session) + reserved.getOrDefault(session, 0) <= most - ranges;
  }

  boolean isEmpty() {
    return byProcess.isEmpty() && bySession.isEmpty() && reserved.isEmpty();
  }
}
