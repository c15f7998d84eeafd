package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The inodes one session refers to, with how many lookups and handles it does so. */
final class References {
  /**
   * Counts of one inode; replaced, never changed. The entry as a whole is one reference of the
   * inode.
   */
  private record Entry(Inode inode, long lookups, long handles) {}

  private final InodeTable inodes;
  private final ConcurrentHashMap<InodeId, Entry> entries = new ConcurrentHashMap<>();

  References(InodeTable inodes) {
    this.inodes = inodes;
  }

  /**
   * The inode of an identity this session refers to; ESTALE if it does not. The caller does not
   * count on it: another thread of the session may give the last reference back at any moment.
   */
  Inode require(InodeId id) throws ErrnoException {
    Inode inode = find(id);
    if (inode == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return inode;
  }

  /** As {@link #require}; null if the session does not refer to it. */
  @Nullable Inode find(InodeId id) {
    Entry entry = entries.get(id);
    return entry == null ? null : entry.inode();
  }

  /** Counts a lookup. The caller's reference of the inode passes to this table. */
  void addLookup(Inode inode) {
    add(inode, 1, 0);
  }

  /** Counts a handle. The caller's reference of the inode passes to this table. */
  void addHandle(Inode inode) {
    add(inode, 0, 1);
  }

  private void add(Inode inode, long lookups, long handles) {
    // Mostly it is the first: each step of a path takes a reference and soon gives it back.
    if (entries.putIfAbsent(inode.id(), new Entry(inode, lookups, handles)) == null) {
      return;
    }
    Entry after =
        entries.compute(
            inode.id(),
            (id, entry) ->
                entry == null
                    ? new Entry(inode, lookups, handles)
                    : new Entry(
                        entry.inode(), entry.lookups() + lookups, entry.handles() + handles));
    if (after.lookups() + after.handles() > 1) {
      inodes.put(inode);
    }
  }

  /**
   * Gives back lookups. ESTALE not referred to · EINVAL fewer than that, and then none are given
   * back.
   */
  void forget(InodeId id, long count) throws ErrnoException {
    Inode inode = require(id);
    if (!take(inode, count, 0)) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  void dropHandle(Inode inode) {
    boolean had = take(inode, 0, 1);
    assert had : "handle of " + inode + " was not counted";
  }

  private boolean take(Inode inode, long lookups, long handles) {
    // Mostly it is the last.
    if (lookups + handles > 0 && entries.remove(inode.id(), new Entry(inode, lookups, handles))) {
      inodes.put(inode);
      return true;
    }
    boolean[] result = new boolean[2]; // taken, and it was the last
    entries.computeIfPresent(
        inode.id(),
        (id, entry) -> {
          if (lookups < 0 || entry.lookups() < lookups || entry.handles() < handles) {
            return entry;
          }
          result[0] = true;
          result[1] = entry.lookups() == lookups && entry.handles() == handles;
          return remaining(entry, lookups, handles, result[1]);
        });
    if (result[1]) {
      inodes.put(inode);
    }
    return result[0];
  }

  private static @Nullable Entry remaining(Entry entry, long lookups, long handles, boolean last) {
    return last
        ? null
        : new Entry(entry.inode(), entry.lookups() - lookups, entry.handles() - handles);
  }

  /** Gives everything back: the session is over and nothing runs in it any more. */
  void clear() {
    for (Entry entry : entries.values()) {
      inodes.put(entry.inode());
    }
    entries.clear();
  }

  int size() {
    return entries.size();
  }
}
