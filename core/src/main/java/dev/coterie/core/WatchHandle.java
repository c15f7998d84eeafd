package dev.coterie.core;

import dev.coterie.api.OpenFlags;
import dev.coterie.core.watch.WatchQueue;

/**
 * A watch queue as a session holds it: shared and closed as an open file is. Its inode, which every
 * handle has, is the root's and means nothing.
 */
final class WatchHandle extends Handle {
  final WatchQueue queue; // immutable; closed with the last reference

  /**
   * @param root with a reference that passes to the handle
   */
  WatchHandle(Inode root, WatchQueue queue) {
    super(root, OpenFlags.O_RDONLY);
    this.queue = queue;
  }

  @Override
  void end() {
    queue.close();
  }
}
