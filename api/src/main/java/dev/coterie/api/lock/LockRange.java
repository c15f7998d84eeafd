package dev.coterie.api.lock;

/**
 * Bytes of a file, locked in one way.
 *
 * @param start first byte
 * @param end last byte, itself locked; {@link #TO_END}: whatever the file's size
 * @param exclusive a write lock; else a read lock, which others may hold too
 * @param pid the process that asked, for those who want to know who stands in the way; 0 unknown
 */
public record LockRange(long start, long end, boolean exclusive, int pid) {
  /** The largest offset there is: what Linux calls OFFSET_MAX. */
  public static final long TO_END = Long.MAX_VALUE;

  public LockRange {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("no range: " + start + " to " + end);
    }
  }

  boolean overlaps(LockRange other) {
    return start <= other.end && other.start <= end;
  }

  /** Whether two owners cannot hold both. */
  boolean conflicts(LockRange other) {
    return (exclusive || other.exclusive) && overlaps(other);
  }

  LockRange from(long newStart) {
    return new LockRange(newStart, end, exclusive, pid);
  }

  LockRange upTo(long newEnd) {
    return new LockRange(start, newEnd, exclusive, pid);
  }
}
