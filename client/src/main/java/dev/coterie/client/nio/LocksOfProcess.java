package dev.coterie.client.nio;

import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFile;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.OverlappingFileLockException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which bytes of which files the channels of this JVM have locked or wait for, over all file
 * systems: "file locks are held on behalf of the entire Java virtual machine" (FileLock). Of a file
 * two of them never overlap, so what the leader joins for this process it can be told to take apart
 * again.
 *
 * <p>Here too are open files whose channels are closed while others of their file system still have
 * locks on the same file: with the close of a handle the leader ends all that its process locked by
 * it, and it has joined theirs.
 */
final class LocksOfProcess {
  static final LocksOfProcess ALL = new LocksOfProcess();

  /** A file of one leader. */
  record Key(Object tree, InodeId file) {}

  private record Kept(CoterieFileSystem fileSystem, OpenFile file) {}

  private static final class Entry {
    final List<CoterieFileLock> locks = new ArrayList<>();
    final List<Kept> kept = new ArrayList<>();

    boolean isLockedBy(CoterieFileSystem fileSystem) {
      return locks.stream().anyMatch(lock -> lock.channel.fileSystem.equals(fileSystem));
    }
  }

  private final Map<Key, Entry> files = new HashMap<>(); // guarded by this

  /**
   * Notes a lock that is about to be asked for.
   *
   * @throws OverlappingFileLockException the JVM has or wants one there already
   */
  synchronized void add(Key key, CoterieFileLock lock) throws ClosedChannelException {
    if (lock.channel.closed) {
      throw new ClosedChannelException();
    }
    Entry entry = files.computeIfAbsent(key, k -> new Entry());
    for (CoterieFileLock other : entry.locks) {
      if (other.overlaps(lock.position(), lock.size())) {
        throw new OverlappingFileLockException();
      }
    }
    entry.locks.add(lock);
  }

  /** The leader has granted it; false: its channel was closed first. */
  synchronized boolean granted(CoterieFileLock lock) {
    lock.held = !lock.channel.closed;
    return lock.held;
  }

  /** The channel is closed: what it holds. What it waits for is left to those who wait. */
  synchronized List<CoterieFileLock> close(Key key, ChannelLocks channel) {
    channel.closed = true;
    Entry entry = files.get(key);
    return entry == null
        ? List.of()
        : entry.locks.stream().filter(lock -> lock.held && lock.channel.equals(channel)).toList();
  }

  /** Forgets locks that the leader has no more; the open files that can be closed now. */
  synchronized List<OpenFile> remove(Key key, List<CoterieFileLock> locks) {
    Entry entry = files.get(key);
    if (entry == null) {
      return List.of();
    }
    entry.locks.removeAll(locks);
    List<OpenFile> free = new ArrayList<>();
    entry.kept.removeIf(kept -> !entry.isLockedBy(kept.fileSystem) && free.add(kept.file));
    dropEmpty(key, entry);
    return free;
  }

  /** Whether an open file has to stay open for now; it is then closed with the last lock. */
  synchronized boolean keeps(Key key, CoterieFileSystem fileSystem, OpenFile file) {
    Entry entry = files.get(key);
    if (entry == null || !entry.isLockedBy(fileSystem)) {
      return false;
    }
    entry.kept.add(new Kept(fileSystem, file));
    return true;
  }

  private void dropEmpty(Key key, Entry entry) {
    if (entry.locks.isEmpty() && entry.kept.isEmpty()) {
      files.remove(key);
    }
  }
}
