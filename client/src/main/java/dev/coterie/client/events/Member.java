package dev.coterie.client.events;

import dev.coterie.api.OpenFile;
import java.nio.channels.SelectableChannel;

/** What an {@link EventSet} can wait for. Equal if they name the same. */
public sealed interface Member {

  /**
   * A handle of the tree: a FIFO's, an event counter's, a watch queue's, another set's.
   *
   * @param number as the service gave it
   */
  record Handle(long number) implements Member {}

  /** A channel of this process, in non-blocking mode: a socket or an end of a pipe. */
  record Channel(SelectableChannel channel) implements Member {}

  /** A file descriptor of this process, 0 for its standard input. Needs native access. */
  record Descriptor(int number) implements Member {}

  static Member of(OpenFile file) {
    return new Handle(file.handle());
  }

  static Member ofHandle(long number) {
    return new Handle(number);
  }

  static Member of(SelectableChannel channel) {
    return new Channel(channel);
  }

  static Member ofDescriptor(int number) {
    return new Descriptor(number);
  }
}
