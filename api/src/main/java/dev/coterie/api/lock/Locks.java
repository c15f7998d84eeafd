package dev.coterie.api.lock;

import dev.coterie.api.Limits;

/** What the lock tables of one tree have in common. */
public final class Locks {
  private final LockCounts counts; // immutable
  private final WaitGraph graph = new WaitGraph();

  public Locks() {
    this(Limits.LOCKS_PER_SESSION);
  }

  /**
   * @param rangesPerSession that may be held; more are {@link LockTable.Outcome#FULL}
   */
  public Locks(int rangesPerSession) {
    this.counts = new LockCounts(rangesPerSession);
  }

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

  /** How many ranges a session holds. */
  public int held(Object session) {
    return counts.held(session);
  }

  /** Whether nothing is held and nobody waits, in any file. */
  public boolean isEmpty() {
    return counts.isEmpty() && graph.isEmpty();
  }
}
