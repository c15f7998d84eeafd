package dev.coterie.gates.fuse;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

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
    any = !handles.isEmpty();
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
  }

  boolean isEmpty() {
    return !any;
  }
}
