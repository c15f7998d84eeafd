package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.OutsideMount;
import org.jspecify.annotations.Nullable;

/** A mount and where it is grafted into the tree. */
final class MountPoint {
  private final String path; // immutable
  private final Mount mount; // immutable
  private final @Nullable Inode covered; // immutable; counted on; null for the root of the tree
  private final Inode root; // immutable; counted on
  final OpLock renameLock = new OpLock(new InodeId(0, 0));
  final OpLock shapeLock = new OpLock(new InodeId(0, 0));

  MountPoint(String path, Mount mount, @Nullable Inode covered) {
    this.path = path;
    this.mount = mount;
    this.covered = covered;
    this.root =
        switch (mount) {
          case InsideMount inside -> new InsideInode(inside.root(), this);
          case OutsideMount outside -> new OutsideInode(outside.root(), this);
        };
  }

  String path() {
    return path;
  }

  Mount mount() {
    return mount;
  }

  /** The directory this mount hides, in the mount above; null for the root of the tree. */
  @Nullable Inode covered() {
    return covered;
  }

  Inode root() {
    return root;
  }
}
