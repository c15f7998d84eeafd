package dev.coterie.api.lock;

/** What the lock tables of one tree have in common. */
public final class Locks {
  private final LockCounts counts = new LockCounts();
  private final WaitGraph graph = new WaitGraph();

  LockCounts counts() {
    return counts;
  }

  WaitGraph graph() {
    return graph;
  }

  /** How many waits were refused because they would never have ended. */
  public long deadlocks() {
    return graph.refused();
  }

  /** Whether nothing is held and nobody waits, in any file. */
  public boolean isEmpty() {
    return counts.isEmpty() && graph.isEmpty();
  }
}
