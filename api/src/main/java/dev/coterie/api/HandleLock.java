package dev.coterie.api;

/**
 * A lock that is held, until it is closed or its open file is. Made by {@link HandleLocks}. May be
 * closed by any thread; once more is nothing.
 */
public final class HandleLock implements AutoCloseable {
  private final HandleLocks owner; // immutable
  private final long start; // immutable
  private final long length; // immutable
  private final boolean shared; // immutable
  private boolean over; // guarded by this

  HandleLock(HandleLocks owner, long start, long length, boolean shared) {
    this.owner = owner;
    this.start = start;
    this.length = length;
    this.shared = shared;
  }

  /** The first byte. */
  public long start() {
    return start;
  }

  /** In bytes; 0: to the end of the file, wherever that will be. */
  public long length() {
    return length;
  }

  /** Whether others may hold shared locks there too. */
  public boolean isShared() {
    return shared;
  }

  /** Whether it was not closed yet. A lost connection does not tell: the next operation does. */
  public synchronized boolean isHeld() {
    return !over;
  }

  boolean overlaps(long otherStart, long otherLength) {
    return start <= last(otherStart, otherLength) && otherStart <= last(start, length);
  }

  private static long last(long start, long length) {
    return length == 0 ? Limits.FILE_BYTES : start + length - 1;
  }

  /**
   * Unlocks. Whoever waits for these bytes has them next. Not disturbed by an interrupt, which
   * stays set.
   *
   * @throws ErrnoException EIO, ENOTCONN the leader is gone, and the lock with it
   */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    owner.unlock(this);
  }
}
