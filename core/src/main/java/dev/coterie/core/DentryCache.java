package dev.coterie.core;

import dev.coterie.api.Name;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the dentries of all directories. They stand in a ring; a new one takes the next place
 * whose holder was not used since the hand last passed (second chance), and that holder is dropped.
 * Dropping needs no lock of the directory, as a missing dentry only means to ask the mount again.
 */
final class DentryCache {
  /** Holders that are given a second chance before the next one goes regardless. */
  private static final int CHANCES = 16;

  private final InodeTable inodes;
  private final AtomicReferenceArray<@Nullable Dentry> ring;
  private final AtomicInteger hand = new AtomicInteger();

  DentryCache(InodeTable inodes, int capacity) {
    this.inodes = inodes;
    this.ring = new AtomicReferenceArray<>(capacity);
  }

  /**
   * Caches what a name names, instead of what was cached before. The caller holds the directory's
   * operation lock: alone after a change; shared after a lookup, when several threads can only
   * cache the same.
   */
  void put(InsideInode directory, Name name, @Nullable InsideInode inode) {
    if (inode != null) {
      inode.get();
    }
    Dentry dentry = new Dentry(directory, name, inode);
    ConcurrentHashMap<Name, Dentry> map = directory.dentryMap();
    Dentry before = map.put(name, dentry);
    if (before != null) {
      letGo(before);
    }
    makeRoom(dentry);
  }

  /** Forgets all names of an inode that is being buried. */
  void dropAll(Inode inode) {
    if (inode instanceof InsideInode directory && directory.hasDentries()) {
      for (Dentry dentry : directory.dentryMap().values()) {
        drop(dentry);
      }
    }
  }

  private void makeRoom(Dentry dentry) {
    for (int chance = 0; ; chance++) {
      int place = (hand.getAndIncrement() & Integer.MAX_VALUE) % ring.length();
      Dentry holder = ring.get(place);
      if (holder != null && holder.used && chance < CHANCES && isCached(holder)) {
        holder.used = false;
      } else if (ring.compareAndSet(place, holder, dentry)) {
        if (holder != null) {
          drop(holder);
        }
        return;
      }
    }
  }

  private static boolean isCached(Dentry dentry) {
    return dentry.directory.dentry(dentry.name) == dentry;
  }

  private void drop(Dentry dentry) {
    if (dentry.directory.dentryMap().remove(dentry.name, dentry)) {
      letGo(dentry);
    }
  }

  private void letGo(Dentry dentry) {
    if (dentry.inode != null) {
      inodes.put(dentry.inode);
    }
  }
}
