package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.api.lock.LockTable;
import dev.coterie.core.spi.InsideNode;
import dev.coterie.core.spi.Node;
import dev.coterie.core.spi.OutsideNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The live inodes by identity, and those that nobody counts on any more and that wait to be buried.
 */
final class InodeTable {
  private final ConcurrentHashMap<InodeId, Inode> live = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Inode> graveyard = new ConcurrentLinkedQueue<>();

  /**
   * The inode of a node, with a reference for the caller; null if the node's last link is gone and
   * nobody counts on it any more, as it is then freed or about to be.
   */
  @Nullable InsideInode hold(InsideNode node, MountPoint mountPoint) {
    return (InsideInode)
        holdOr(node, () -> node.nlink() == 0 ? null : new InsideInode(node, mountPoint));
  }

  /** As {@link #hold}, for a node that this thread has just made, which may have no link yet. */
  InsideInode holdNew(InsideNode node, MountPoint mountPoint) {
    return (InsideInode)
        Objects.requireNonNull(holdOr(node, () -> new InsideInode(node, mountPoint)));
  }

  /** The inode of a node that its mount has just found, with a reference for the caller. */
  OutsideInode hold(OutsideNode node, MountPoint mountPoint) {
    return (OutsideInode)
        Objects.requireNonNull(holdOr(node, () -> new OutsideInode(node, mountPoint)));
  }

  private @Nullable Inode holdOr(Node node, Supplier<@Nullable Inode> maker) {
    return live.compute(
        node.id(), (id, known) -> known != null && known.tryGet() ? known : maker.get());
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

  /** A live inode by identity, without a reference: who has a lease on it keeps it alive. */
  @Nullable Inode peek(InodeId id) {
    return live.get(id);
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
    boolean[] ended = new boolean[2]; // buried; and its node ends with it
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      // Decided in one step with who may hold it: once out of the table, a node with links may live
      // on under a new inode at once, and only one without can be freed.
      live.computeIfPresent(
          inode.id(),
          (id, known) -> {
            if (!known.equals(inode) || !inode.tryBury()) {
              return known;
            }
            ended[0] = true;
            ended[1] = inode.endsNode();
            return null;
          });
      if (ended[0]) {
        dropDentries.accept(inode);
      }
      if (ended[1]) {
        inode.endNode();
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /**
   * Those with locks or waits, or of which that is not known here, each with a reference for the
   * caller.
   */
  List<Inode> locked() {
    List<Inode> locked = new ArrayList<>();
    for (Inode inode : live.values()) {
      LockTable table = inode.lockTable();
      if (table != null && (table.isLent() || !table.isEmpty()) && inode.tryGet()) {
        locked.add(inode);
      }
    }
    return locked;
  }

  int size() {
    return live.size();
  }
}
