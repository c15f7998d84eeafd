package dev.coterie.leader;

import dev.coterie.wire.DataReply;
import java.nio.ByteBuffer;

/**
 * A reply whose data the file system reads straight into the output buffer: begun by the reader in
 * its own buffer, ended there if the operation was done at once. If not, that buffer is left to the
 * operation and the reply is copied from it once it is there.
 */
final class DataSlot {
  /** The data is there: its header can be filled in. */
  interface Filled {
    void end(DataReply reply);
  }

  private final DataReply reply = new DataReply();
  private final ByteBuffer out;
  private final int start;
  private final ByteBuffer data;

  /**
   * @param out at the position where the reply will stand, with room for all of it
   */
  DataSlot(int type, int tag, int most, ByteBuffer out) {
    this.out = out;
    this.start = out.position();
    this.data = reply.begin(type, tag, most, out);
  }

  /** Where the data goes. */
  ByteBuffer data() {
    return data;
  }

  /** Where the reply begins in its buffer. */
  int start() {
    return start;
  }

  /** Completes the reply in its buffer. */
  void end(Filled filled) {
    filled.end(reply);
  }

  /** Completes the reply in its buffer, for another to copy it from. */
  ByteBuffer endAside(Filled filled) {
    filled.end(reply);
    return out.duplicate().flip().position(start);
  }
}
