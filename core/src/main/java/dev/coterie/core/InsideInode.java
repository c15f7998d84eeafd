package dev.coterie.core;

import dev.coterie.api.Name;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An inode of an {@link InsideMount}, with the names that are cached of it as a directory. */
final class InsideInode extends Inode {
  final InsideNode node; // immutable
  private volatile @Nullable ConcurrentHashMap<Name, Dentry>
      dentries; // made on first use, under `this`

  InsideInode(InsideNode node, MountPoint mountPoint) {
    super(node.id(), mountPoint);
    this.node = node;
  }

  @Override
  InsideNode node() {
    return node;
  }

  InsideMount mount() {
    return (InsideMount) mountPoint.mount();
  }

  /** Its last link is gone: then nothing is kept of it. */
  @Override
  boolean endsNode() {
    return node.nlink() == 0;
  }

  @Override
  void endNode() {
    mount().release(node);
  }

  // ---- dentries of a directory ----

  @Nullable Dentry dentry(Name name) {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    return map == null ? null : map.get(name);
  }

  /** The map of cached names, made if there is none yet. */
  ConcurrentHashMap<Name, Dentry> dentryMap() {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    if (map == null) {
      synchronized (this) {
        map = dentries;
        if (map == null) {
          map = new ConcurrentHashMap<>();
          dentries = map;
        }
      }
    }
    return map;
  }

  boolean hasDentries() {
    ConcurrentHashMap<Name, Dentry> map = dentries;
    return map != null && !map.isEmpty();
  }
}
