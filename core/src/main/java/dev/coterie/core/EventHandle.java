package dev.coterie.core;

import dev.coterie.api.OpenFlags;
import dev.coterie.core.event.PipeEnd;
import dev.coterie.core.event.Source;

/**
 * An open file description that can be ready or not: of an event set, an event counter or an end of
 * a FIFO. It has no offset.
 */
final class EventHandle extends Handle {
  final Source source; // immutable; ends with the last reference

  /**
   * @param inode with a reference that passes to the handle
   */
  EventHandle(Inode inode, Source source, int flags) {
    super(inode, flags);
    this.source = source;
  }

  /** Tells those who wait for it that it is open. With no lock held. */
  void announce() {
    if (source instanceof PipeEnd end) {
      end.announce();
    }
  }

  boolean isNonblocking() {
    return (flags() & OpenFlags.O_NONBLOCK) != 0;
  }

  @Override
  void end() {
    super.end();
    source.end();
  }
}
