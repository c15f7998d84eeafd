package dev.coterie.core;

import dev.coterie.api.Stat;
import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.spi.OutsideNode;

/** An inode of an {@link OutsideMount}: no name of it is cached, as others may change them. */
final class OutsideInode extends Inode {
  final OutsideNode node; // immutable
  private long shown = Long.MIN_VALUE; // guarded by this: the last change counter
  private boolean changed; // guarded by this: since that was shown

  OutsideInode(OutsideNode node, MountPoint mountPoint) {
    super(node.id(), mountPoint);
    this.node = node;
  }

  @Override
  OutsideNode node() {
    return node;
  }

  OutsideMount mount() {
    return (OutsideMount) mountPoint.mount();
  }

  /** Before a change by this tree, under its operation lock, alone. */
  synchronized void changes() {
    changed = true;
  }

  /**
   * Attributes that the mount has told, under the operation lock or before an optimistic stamp is
   * validated. Where copies are kept the change counter is another after each change by this tree,
   * also if the mount counts by a clock that stands still between two of them.
   */
  Stat counted(Stat stat) {
    if (!mount().copies()) {
      return stat;
    }
    long change;
    synchronized (this) {
      shown = Math.max(stat.change(), changed ? shown + 1 : shown);
      changed = false;
      change = shown;
    }
    return change == stat.change() ? stat : stat.withChange(change);
  }

  /** Always: the mount may keep something of it at hand. */
  @Override
  boolean endsNode() {
    return true;
  }

  @Override
  void endNode() {
    mount().release(node);
  }
}
