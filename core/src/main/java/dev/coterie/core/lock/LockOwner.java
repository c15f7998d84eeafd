package dev.coterie.core.lock;

/** Who holds a lock. The locks of one owner never conflict with each other. */
public sealed interface LockOwner {

  /**
   * A process: its POSIX locks, through whichever handle it asked.
   *
   * @param session in which the process is known, compared by identity
   * @param id the process there
   */
  record OfProcess(Object session, long id) implements LockOwner {
    @Override
    public boolean equals(Object other) {
      return other instanceof OfProcess that && session == that.session && id == that.id;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(session) * 31 + Long.hashCode(id);
    }

    @Override
    public String toString() {
      return "process " + id;
    }
  }

  /**
   * An open file description: its OFD or flock locks, whoever shares it.
   *
   * @param handle compared by identity
   */
  record OfHandle(Object handle) implements LockOwner {
    @Override
    public boolean equals(Object other) {
      return other instanceof OfHandle that && handle == that.handle;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(handle);
    }

    @Override
    public String toString() {
      return "handle";
    }
  }
}
