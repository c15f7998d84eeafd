package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.TreePath;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
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
      } else if (goesTo(place, holder, dentry)) {
        if (holder != null) {
          drop(holder);
        }
        return;
      }
    }
  }

  /** Who drops a dentry takes it out of the ring; if that was before it stood there, we do. */
  private boolean goesTo(int place, @Nullable Dentry holder, Dentry dentry) {
    dentry.place = place;
    if (!ring.compareAndSet(place, holder, dentry)) {
      return false;
    }
    if (!isCached(dentry)) {
      ring.compareAndSet(place, dentry, null);
    }
    return true;
  }

  /**
   * Gives inodes a path, those that have one in the cache: names can have changed before anybody
   * reads it.
   */
  void addPaths(Map<InodeId, TreePath> paths) {
    Map<InsideInode, Dentry> names = new HashMap<>();
    for (int place = 0; !paths.isEmpty() && place < ring.length(); place++) {
      Dentry dentry = ring.get(place);
      if (dentry != null && dentry.inode != null && isCached(dentry)) {
        InsideInode named = dentry.inode;
        if (paths.containsKey(named.id()) || named.isDirectory()) {
          names.putIfAbsent(named, dentry);
        }
      }
    }
    names.forEach(
        (inode, dentry) -> paths.computeIfPresent(inode.id(), (id, none) -> path(names, dentry)));
  }

  /** Up to the root of the tree; empty if a directory on the way is not in the cache. */
  private static TreePath path(Map<InsideInode, Dentry> names, Dentry last) {
    ArrayDeque<byte[]> parts = new ArrayDeque<>();
    int bytes = 0;
    @Nullable Dentry next = last;
    while (next != null) {
      parts.push(next.name.toBytes());
      bytes += next.name.length() + 1;
      MountPoint mountPoint = next.directory.mountPoint;
      if (next.directory.equals(mountPoint.root())) {
        byte[] above = TreePath.of(mountPoint.path()).toBytes();
        return above.length == 1 ? joined(new byte[0], parts) : joined(above, parts);
      }
      // A cycle cannot be, but names of different moments are put together here.
      next = bytes > Limits.PATH_BYTES ? null : names.get(next.directory);
    }
    return TreePath.of("");
  }

  private static TreePath joined(byte[] above, Iterable<byte[]> parts) {
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    path.writeBytes(above);
    for (byte[] part : parts) {
      path.write('/');
      path.writeBytes(part);
    }
    return TreePath.wrap(path.toByteArray());
  }

  /** Places of the ring that are taken, for tests. */
  int taken() {
    int taken = 0;
    for (int place = 0; place < ring.length(); place++) {
      taken += ring.get(place) == null ? 0 : 1;
    }
    return taken;
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
    int place = dentry.place;
    if (place >= 0) {
      // Left there, it would keep the memory of files that are gone until the hand comes round.
      ring.compareAndSet(place, dentry, null);
    }
    if (dentry.inode != null) {
      inodes.put(dentry.inode);
    }
  }
}
