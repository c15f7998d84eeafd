package dev.coterie.gates.fuse;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Who has locked what through this mount, so that nobody else's close asks the leader. The kernel
 * tells of every close of a descriptor, but hardly ever has who closes it locked the file.
 */
final class Lockers {
  /**
   * An owner's locks of one file, as FLUSH names them.
   *
   * @param node the inode
   * @param owner as the kernel calls it: stands for a process's open files, or for an open file
   */
  private record Locker(long node, long owner) {}

  /** How long after a descriptor was closed its file's last close is looked for. */
  static final long CLOSE_MILLIS = 20;

  private final Map<Long, Long> flocked = new HashMap<>(); // guarded by this; handle to node
  private final ConcurrentHashMap<Long, Long> closing =
      new ConcurrentHashMap<>(); // node to System.nanoTime
  private final Map<Locker, Set<Long>> handles = new HashMap<>(); // guarded by this
  private final Map<Long, Set<Locker>> byHandle = new HashMap<>(); // guarded by this
  private volatile boolean any; // written under this; whether there are any

  /**
   * An owner asks for a lock, or has got one. To be said both times: a close between the two ends
   * the locks that there are by then, not the one that is still to come.
   */
  synchronized void add(long node, long owner, long handle) {
    any = true;
    Locker locker = new Locker(node, owner);
    handles.computeIfAbsent(locker, l -> new HashSet<>(2)).add(handle);
    byHandle.computeIfAbsent(handle, h -> new HashSet<>(2)).add(locker);
  }

  /** A handle asks for a flock. */
  synchronized void addFlock(long node, long handle) {
    any = true;
    flocked.put(handle, node);
  }

  /**
   * A descriptor was closed, and not by an owner whose locks end with that. If it was the last of
   * an open file that has others, these end too, but that is said later (RELEASE), when who closed
   * it may have gone on already.
   */
  void closed(long node, long handle) {
    if (any && holds(handle)) {
      long now = System.nanoTime();
      closing.values().removeIf(since -> isLongAgo(since, now));
      closing.put(node, now);
    }
  }

  private synchronized boolean holds(long handle) {
    return flocked.containsKey(handle) || byHandle.containsKey(handle);
  }

  /** Whether locks of a file may be about to end. */
  boolean isBeingClosed(long node) {
    Long since = closing.isEmpty() ? null : closing.get(node);
    return since != null && !isLongAgo(since, System.nanoTime());
  }

  private static boolean isLongAgo(long since, long now) {
    return now - since > TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
  }

  /** Whether an owner may have locks of a file; it is taken to have none from then on. */
  boolean remove(long node, long owner) {
    return any && removed(new Locker(node, owner));
  }

  private synchronized boolean removed(Locker locker) {
    Set<Long> through = handles.remove(locker);
    if (through == null) {
      return false;
    }
    for (Long handle : through) {
      byHandle.computeIfPresent(
          handle,
          (h, lockers) -> {
            lockers.remove(locker);
            return lockers.isEmpty() ? null : lockers;
          });
    }
    any = !handles.isEmpty() || !flocked.isEmpty();
    return true;
  }

  /** The handle is being closed, which ends the locks of all who locked by it. */
  void released(long handle) {
    if (any) {
      removeAll(handle);
    }
  }

  private synchronized void removeAll(long handle) {
    for (Locker locker : Set.copyOf(byHandle.getOrDefault(handle, Set.of()))) {
      removed(locker);
    }
    flocked.remove(handle);
    any = !handles.isEmpty() || !flocked.isEmpty();
  }
}
