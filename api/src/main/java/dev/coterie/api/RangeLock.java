package dev.coterie.api;

/**
 * A lock on a file, wanted or given up.
 *
 * @param start first byte
 * @param length in bytes; 0: to the end, wherever that will be. Without meaning for flock(2), which
 *     locks the whole file
 * @param owner with {@link Kind#POSIX} the process, as the session numbers them; 0 is the session
 *     itself. Without meaning for the others, whose owner is the handle
 */
public record RangeLock(Kind kind, Type type, long start, long length, long owner) {

  /** Whose it is and how long it lasts. Source: fcntl_locking(2), flock(2). */
  public enum Kind {
    /**
     * Of a process: its locks do not conflict with each other, and all it has on a file end when it
     * closes any handle of the file. Conflicts with OFD locks.
     */
    POSIX,
    /** Of an open file description, until its last close. Conflicts with POSIX locks. */
    OFD,
    /** Of an open file description, on the whole file, without regard to the other kinds. */
    FLOCK
  }

  /** What others may still do: F_RDLCK, F_WRLCK, F_UNLCK. */
  public enum Type {
    READ,
    WRITE,
    UNLOCK
  }

  /** The whole file, for the session itself or the handle. */
  public static RangeLock whole(Kind kind, Type type) {
    return new RangeLock(kind, type, 0, 0, 0);
  }

  /** The last byte; {@link Long#MAX_VALUE}, the largest offset, when it goes to the end. */
  public long end() {
    return length == 0 ? Limits.FILE_BYTES : start + length - 1;
  }
}
