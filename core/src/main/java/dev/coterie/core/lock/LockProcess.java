package dev.coterie.core.lock;

/**
 * A process that asks for locks, as its session knows it.
 *
 * @param session compared by identity
 * @param pid 0 when unknown: then all of the session count as one
 */
public record LockProcess(Object session, int pid) {
  @Override
  public boolean equals(Object other) {
    return other instanceof LockProcess that && session == that.session && pid == that.pid;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(session) * 31 + pid;
  }
}
