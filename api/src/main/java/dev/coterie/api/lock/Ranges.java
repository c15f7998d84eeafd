package dev.coterie.api.lock;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one owner on one file: no two overlap, and neighbours that are locked in the same
 * way are one. Guarded by the table's monitor.
 *
 * <pre>
 *   before      |rrrrrrrrrr|      |wwww|
 *   set w            |wwwwwwwwwwwwww|
 *   after       |rrrr|wwwwwwwwwwwwwwwww|
 * </pre>
 */
final class Ranges {
  private final TreeMap<Long, LockRange> byStart = new TreeMap<>();

  int size() {
    return byStart.size();
  }

  boolean isEmpty() {
    return byStart.isEmpty();
  }

  /** Ascending. */
  Collection<LockRange> all() {
    return Collections.unmodifiableCollection(byStart.values());
  }

  /** The first range that another owner could not hold beside {@code wanted}. */
  @Nullable LockRange firstConflict(LockRange wanted) {
    for (LockRange range : overlapping(wanted.start(), wanted.end())) {
      if (range.conflicts(wanted)) {
        return range;
      }
    }
    return null;
  }

  private Collection<LockRange> overlapping(long start, long end) {
    Map.Entry<Long, LockRange> before = byStart.lowerEntry(start);
    long from = before != null && before.getValue().end() >= start ? before.getKey() : start;
    return byStart.subMap(from, true, end, true).values();
  }

  /** Locks a range, in place of what was held of it, and joins it with what touches it. */
  void set(LockRange range) {
    clear(range.start(), range.end());
    long start = range.start();
    long end = range.end();
    Map.Entry<Long, LockRange> before = byStart.lowerEntry(start);
    if (before != null && joins(before.getValue(), range) && before.getValue().end() == start - 1) {
      start = before.getKey();
    }
    LockRange behind = end == LockRange.TO_END ? null : byStart.get(end + 1);
    if (behind != null && joins(behind, range)) {
      end = behind.end();
      byStart.remove(behind.start());
    }
    byStart.put(start, new LockRange(start, end, range.exclusive(), range.pid()));
  }

  private static boolean joins(LockRange a, LockRange b) {
    return a.exclusive() == b.exclusive();
  }

  /** Unlocks a range; what is held on either side of it stays. */
  void clear(long start, long end) {
    Map.Entry<Long, LockRange> before = byStart.lowerEntry(start);
    if (before != null && before.getValue().end() >= start) {
      LockRange cut = before.getValue();
      byStart.put(cut.start(), cut.upTo(start - 1));
      if (cut.end() > end) {
        byStart.put(end + 1, cut.from(end + 1));
        return;
      }
    }
    Map.Entry<Long, LockRange> last = byStart.floorEntry(end);
    if (last != null && last.getKey() >= start && last.getValue().end() > end) {
      byStart.put(end + 1, last.getValue().from(end + 1));
    }
    byStart.subMap(start, true, end, true).clear();
  }
}
