package dev.coterie.api.lock;

/** Who holds a lock. The locks of one owner never conflict with each other. */
public sealed interface LockOwner {

  /**
   * A process: its POSIX locks, through whichever handle it asked.
   *
   * @param session in which the process is known
   * @param id the process there
   */
  record OfProcess(Object session, long id) implements LockOwner {
    @Override
    public String toString() {
      return "process " + id;
    }
  }

  /** An open file description: its OFD or flock locks, whoever shares it. */
  record OfHandle(Object handle) implements LockOwner {
    @Override
    public String toString() {
      return "handle";
    }
  }
}
