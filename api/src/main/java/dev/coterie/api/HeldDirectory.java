package dev.coterie.api;

/**
 * The root or working directory of one or more {@link Tree}s: one reference of its inode, given
 * back with the last of them. Sharing it needs no permission on the directory, nor a message.
 */
final class HeldDirectory {
  private final FileService service;
  private final InodeId id;
  private final boolean borrowed;
  private int holders = 1; // guarded by this

  /** Takes over a reference. */
  HeldDirectory(FileService service, InodeId id) {
    this(service, id, false);
  }

  private HeldDirectory(FileService service, InodeId id, boolean borrowed) {
    this.service = service;
    this.id = id;
    this.borrowed = borrowed;
  }

  /** One whose reference is somebody else's and is never given back here. */
  static HeldDirectory borrowed(FileService service, InodeId id) {
    return new HeldDirectory(service, id, true);
  }

  InodeId id() {
    return id;
  }

  /** One holder more. */
  synchronized HeldDirectory hold() {
    if (holders == 0) {
      throw new IllegalStateException("the tree is closed");
    }
    holders++;
    return this;
  }

  synchronized void release(Caller caller) {
    holders--;
    if (holders == 0 && !borrowed) {
      TreeWalk.release(service, caller, id);
    }
  }
}
