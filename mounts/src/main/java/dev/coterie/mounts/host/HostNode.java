package dev.coterie.mounts.host;

import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.core.spi.OutsideNode;
import dev.coterie.sys.FileHandle;
import org.jspecify.annotations.Nullable;

/** An inode of the host: who it is, and how to reach it. */
final class HostNode implements OutsideNode {
  private final InodeId id;
  private final int type;
  final @Nullable FileHandle handle; // immutable; null where the file system has none
  private @Nullable Descriptor pin; // guarded by this; of an inode without a name
  private volatile @Nullable Place place; // where it was seen last; null: nowhere, or the root

  /** A name in a directory. */
  record Place(HostNode dir, Name name) {}

  HostNode(InodeId id, int type, @Nullable FileHandle handle) {
    this.id = id;
    this.type = type;
    this.handle = handle;
  }

  @Override
  public InodeId id() {
    return id;
  }

  @Override
  public int type() {
    return type;
  }

  @Nullable Place place() {
    return place;
  }

  void seenAt(HostNode dir, Name name) {
    place = new Place(dir, name);
  }

  /** The descriptor of an inode without a name, with one more user; null: none is kept. */
  synchronized @Nullable Descriptor pinned() {
    return pin != null && pin.tryUse() ? pin : null;
  }

  /** Keeps a descriptor, whose use passes to this node, until {@link #unpin}. */
  void pin(Descriptor descriptor) {
    Descriptor before;
    synchronized (this) {
      before = pin;
      pin = descriptor;
    }
    if (before != null) {
      before.close();
    }
  }

  void unpin() {
    Descriptor before;
    synchronized (this) {
      before = pin;
      pin = null;
    }
    if (before != null) {
      before.close();
    }
  }

  @Override
  public String toString() {
    return "host inode " + id;
  }
}
