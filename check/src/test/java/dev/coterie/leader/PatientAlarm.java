package dev.coterie.leader;

import dev.coterie.api.Limits;
import dev.coterie.core.Alarm;

/**
 * The machine's, but that a lease may be given back so late as nothing but a fault can be: a check
 * is not about how long its own threads are held up.
 */
public final class PatientAlarm implements Alarm {
  private static final int TIMES = 25;

  private final Alarm system = Alarm.ofSystem();
  private volatile boolean hurries;

  /** From now on leases have the time that {@link Limits} says. */
  public void hurry() {
    hurries = true;
  }

  @Override
  public Runnable set(int afterMs, Runnable action) {
    boolean waits = afterMs == Limits.LEASE_RECALL_MS && !hurries;
    return system.set(waits ? TIMES * afterMs : afterMs, action);
  }
}
