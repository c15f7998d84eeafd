package dev.coterie.client.copies;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFlags;
import org.jspecify.annotations.Nullable;

/** An open handle. */
final class Handle {
  final Node node; // immutable: held as long as this is open
  final boolean file; // immutable: a regular one
  final @Nullable Position position; // immutable; null: the leader has the offset
  volatile int flags; // atomic: of open(2)
  volatile boolean locksElsewhere; // atomic; once set: the leader decides on locks by this one
  private int writesThrough; // guarded by the node: reasons to keep no write back
  private @Nullable Errno error; // guarded by this: of writes that were kept back; not told yet

  /**
   * @param position of a regular file that was opened here; null: none, or others may have it too
   */
  Handle(Node node, boolean file, int flags, @Nullable Position position) {
    this.node = node;
    this.file = file;
    this.position = position;
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

  /** Whether writes may be kept back. */
  boolean keepsWrites() {
    int now = flags;
    return file
        && OpenFlags.writes(now)
        && (now & (OpenFlags.O_DIRECT | OpenFlags.O_SYNC | OpenFlags.O_DSYNC)) == 0;
  }

  boolean appends() {
    return (flags & OpenFlags.O_APPEND) != 0;
  }

  /**
   * From now on no write is kept back, until this is called with -1: its flags change, it is being
   * closed, or others have it too and may change its flags.
   */
  void writeThrough(int by) {
    synchronized (node) {
      writesThrough += by;
    }
  }

  /** Under the node's monitor. */
  boolean writesThrough() {
    return writesThrough > 0;
  }

  /** A write that was kept back is lost; the first error is the one that is told. */
  synchronized void fail(Errno errno) {
    if (error == null) {
      error = errno;
    }
  }

  /** Once; null: there is none. */
  synchronized @Nullable Errno takeError() {
    Errno taken = error;
    error = null;
    return taken;
  }
}
