package dev.coterie.leader;

/**
 * A leader that keeps sessions without connections, and waits for leases to be given back, for
 * longer than a busy machine holds up a thread of their clients.
 */
public final class PatientLeader {
  /** A client that is idle takes a third of it to notice that its connection is lost. */
  private static final int SESSION_MS = 6_000;

  private PatientLeader() {}

  public static Leader.Builder builder() {
    return Leader.builder().sessionMs(SESSION_MS).alarm(new PatientAlarm());
  }
}
