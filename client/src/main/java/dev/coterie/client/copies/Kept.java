package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes to one inode that are kept back: one run of bytes that grows, and one before it that
 * is on its way. It counts as an own change from the first kept write until nothing is left. Its
 * fields are guarded by the monitor of the node.
 */
final class Kept {
  final Nodes.Begun begun; // immutable: as an own change
  long size; // of the file, with what is kept; -1: not known
  @Nullable Extent filling;
  @Nullable Extent flight; // on its way, or the next to be sent
  List<Runnable> whenEmpty = new ArrayList<>(1); // nothing is kept back while somebody waits
  List<Runnable> whenRoom = new ArrayList<>(1);

  Kept(Nodes.Begun begun, long size) {
    this.begun = begun;
    this.size = size;
  }

  /** Bytes that belong together, written through one handle. */
  static final class Extent {
    private static final int LEAST = 4 << 10;

    final Handle handle; // immutable
    final long number; // immutable: of the handle
    final Caller caller; // immutable
    final long start; // immutable: in the file
    private byte[] bytes; // guarded by the node, until it is on its way
    private int length; // guarded by the node
    int sent; // of who sends it: what the leader has taken
    boolean aged; // guarded by the node: it was there at the last look
    boolean unsent = true; // guarded by the node: it is still to be given to the service below

    Extent(Handle handle, long number, Caller caller, long start) {
      this.handle = handle;
      this.number = number;
      this.caller = caller;
      this.start = start;
      this.bytes = new byte[LEAST];
    }

    /** Whether a write goes on where this ends, or is within. */
    boolean takes(Handle by, Caller who, long at, int count, int max) {
      return handle.equals(by)
          && caller.equals(who)
          && at >= start
          && at <= start + length
          && at - start + count <= max;
    }

    /** By how much it would grow. */
    int growth(long at, int count) {
      return Math.max(0, (int) (at - start) + count - length);
    }

    /** What is there now, to be put back if the write is not to be; of what it grows by nothing. */
    byte[] former(long at, int count) {
      int from = (int) (at - start);
      return Arrays.copyOfRange(bytes, from, Math.min(from + count, length));
    }

    /** Puts bytes in place; those that it grows by count only once it {@link #grow}s. */
    void put(long at, ByteBuffer source) {
      int from = (int) (at - start);
      int end = from + source.remaining();
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
      }
      source.get(source.position(), bytes, from, source.remaining());
    }

    void grow(int by) {
      length += by;
    }

    int length() {
      return length;
    }

    /** What is still to be sent. */
    ByteBuffer rest() {
      return ByteBuffer.wrap(bytes, sent, length - sent).slice();
    }

    void fail(Errno errno) {
      handle.fail(errno);
    }
  }
}
