package dev.coterie.core;

import dev.coterie.api.OpenFlags;
import dev.coterie.core.event.ListenedSource;
import dev.coterie.core.event.Source;
import dev.coterie.core.watch.WatchQueue;
import org.jspecify.annotations.Nullable;

/**
 * A watch queue as a session holds it: shared and closed as an open file is. Its inode, which every
 * handle has, is the root's and means nothing.
 */
final class WatchHandle extends Handle {
  final WatchQueue queue; // immutable; closed with the last reference
  private @Nullable ListenedSource source; // guarded by this; made when it is put into an event set

  /**
   * @param root with a reference that passes to the handle
   */
  WatchHandle(Inode root, WatchQueue queue) {
    super(root, OpenFlags.O_RDONLY);
    this.queue = queue;
  }

  /** Readable while there are changes to take. */
  synchronized Source source() {
    ListenedSource known = source;
    if (known == null) {
      known = new ListenedSource(queue::isReady);
      source = known;
      queue.addListener(known::more);
    }
    return known;
  }

  @Override
  void end() {
    queue.close();
    Source known;
    synchronized (this) {
      known = source;
    }
    if (known != null) {
      known.end();
    }
  }
}
