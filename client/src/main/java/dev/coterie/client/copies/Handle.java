package dev.coterie.client.copies;

import dev.coterie.api.OpenFlags;

/** An open handle. */
final class Handle {
  final Node node; // immutable: held as long as this is open
  final boolean file; // immutable: a regular one
  volatile int flags; // atomic: of open(2)
  volatile boolean locksElsewhere; // atomic; once set: the leader decides on locks by this one

  Handle(Node node, boolean file, int flags) {
    this.node = node;
    this.file = file;
    this.flags = flags;
  }

  /** Whether reads may be answered from a copy: those that must not mark the access time may. */
  boolean readsCopies() {
    int now = flags;
    return file
        && OpenFlags.reads(now)
        && (now & (OpenFlags.O_DIRECT | OpenFlags.STRICTATIME)) == 0;
  }

  /** Whether what is read may be kept: whoever reads it later has it marked already. */
  boolean fillsCopies() {
    return readsCopies() && (flags & OpenFlags.O_NOATIME) == 0;
  }
}
