package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.core.spi.Node;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The live inodes by identity, and those that nobody counts on any more and that wait to be buried.
 */
final class InodeTable {
  private final ConcurrentHashMap<InodeId, Inode> live = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Inode> graveyard = new ConcurrentLinkedQueue<>();

  /**
   * The inode of a node, with a reference for the caller, who holds no lock of it. Waits for a
   * burial that is under way: else its end would release the node under a new inode's feet.
   */
  Inode hold(Node node, MountPoint mountPoint) {
    Inode fresh = null;
    while (true) {
      Inode known = live.get(node.id());
      if (known == null) {
        fresh = fresh == null ? new Inode(node, mountPoint) : fresh;
        known = live.putIfAbsent(node.id(), fresh);
        if (known == null) {
          return fresh;
        }
      }
      if (known.tryGet()) {
        return known;
      }
      long stamp = known.opLock.read(LockRank.INODE);
      known.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** Adds the root of a mount, whose first reference is the mount point's. */
  void add(Inode root) {
    live.put(root.id(), root);
  }

  /** A live inode by identity, with a reference for the caller. */
  @Nullable Inode find(InodeId id) {
    Inode known = live.get(id);
    return known != null && known.tryGet() ? known : null;
  }

  /**
   * Gives a reference back. May be called with any lock held: the burial is left to {@link #reap}.
   */
  void put(Inode inode) {
    if (inode.putReference()) {
      graveyard.add(inode);
    }
  }

  /**
   * Buries those on the grave-yard that nobody has taken up again. The thread holds no lock, as an
   * inode is buried under its own operation lock, alone: whoever is still at work on it finishes
   * first, and whoever comes later finds it dead.
   */
  void reap(Consumer<Inode> dropDentries) {
    if (graveyard.isEmpty()) {
      return;
    }
    assert Held.none() : "reaping with locks held";
    for (Inode inode = graveyard.poll(); inode != null; inode = graveyard.poll()) {
      bury(inode, dropDentries);
    }
  }

  private void bury(Inode inode, Consumer<Inode> dropDentries) {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      if (inode.tryBury()) {
        dropDentries.accept(inode);
        inode.mount().release(inode.node);
        live.remove(inode.id(), inode); // last: hold() waits for the lock, then looks again
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  int size() {
    return live.size();
  }
}
