package dev.coterie.core;

import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.spi.OutsideNode;

/** An inode of an {@link OutsideMount}: no name of it is cached, as others may change them. */
final class OutsideInode extends Inode {
  final OutsideNode node; // immutable

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
