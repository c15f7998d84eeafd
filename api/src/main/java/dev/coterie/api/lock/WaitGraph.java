package dev.coterie.api.lock;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which process waits for which, over all files of a tree. As on Linux only POSIX locks are in it:
 * whose an OFD lock is cannot be said, as anybody who has the handle can give it back.
 *
 * <pre>
 *   process ── its waits ──▶ LockWait ── blockers ──▶ process ── …
 * </pre>
 */
final class WaitGraph {
  private final Map<LockOwner, Set<LockWait>> waits = new HashMap<>(); // guarded by this
  private long refused; // guarded by this

  /**
   * Notes whom a wait waits for, unless one of them waits, however indirectly, for its owner.
   *
   * @return false when it would close a cycle; then nothing is noted
   */
  synchronized boolean enter(LockWait wait, Set<LockOwner> blockers) {
    if (waitsFor(blockers, wait.owner)) {
      refused++;
      return false;
    }
    wait.blockers = blockers;
    waits.computeIfAbsent(wait.owner, owner -> new HashSet<>()).add(wait);
    return true;
  }

  /** Replaces whom a wait waits for, as the locks have changed. */
  synchronized void update(LockWait wait, Set<LockOwner> blockers) {
    wait.blockers = blockers;
  }

  synchronized void leave(LockWait wait) {
    waits.computeIfPresent(
        wait.owner,
        (owner, all) -> {
          all.remove(wait);
          return all.isEmpty() ? null : all;
        });
    wait.blockers = Set.of();
  }

  private boolean waitsFor(Set<LockOwner> from, LockOwner target) {
    Set<LockOwner> seen = new HashSet<>(from);
    Deque<LockOwner> next = new ArrayDeque<>(from);
    while (!next.isEmpty()) {
      LockOwner owner = next.pop();
      if (owner.equals(target)) {
        return true;
      }
      for (LockWait wait : waits.getOrDefault(owner, Set.of())) {
        for (LockOwner blocker : wait.blockers) {
          if (seen.add(blocker)) {
            next.push(blocker);
          }
        }
      }
    }
    return false;
  }

  synchronized long refused() {
    return refused;
  }

  synchronized boolean isEmpty() {
    return waits.isEmpty();
  }
}
