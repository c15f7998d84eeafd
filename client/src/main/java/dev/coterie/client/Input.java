package dev.coterie.client;

import dev.coterie.api.Limits;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What came from the leader: one buffer, which grows to the largest frame there was. For one thread
 * at a time.
 */
final class Input {
  private static final int INITIAL_BYTES = 1 << 16;

  private final Socket socket;
  private final FrameReader frames = new FrameReader(Limits.MSIZE_MIN_BYTES);
  private int msize = Limits.MSIZE_MIN_BYTES;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES).limit(0);
  private int missing = 1; // for the next frame to be whole, in bytes

  Input(Socket socket) {
    this.socket = socket;
  }

  /** Sets the largest frame from the next one on. */
  void setMsize(int bytes) {
    msize = bytes;
    frames.setMsize(bytes);
  }

  /** The current frame. */
  FrameReader frames() {
    return frames;
  }

  /** Goes to the next frame; false when it is not whole yet. */
  boolean next() throws ProtocolException {
    missing = frames.next(buffer);
    return missing == 0;
  }

  /** Whether something was received that is no whole frame yet. */
  boolean isEmpty() {
    return !buffer.hasRemaining();
  }

  /**
   * Receives what there is, without waiting.
   *
   * @return how many bytes; -1: the leader will send no more
   */
  int receive() throws IOException {
    makeRoom();
    int start = buffer.position();
    buffer.position(buffer.limit()).limit(buffer.capacity());
    try {
      return socket.read(buffer);
    } finally {
      buffer.flip().position(start);
    }
  }

  private void makeRoom() {
    int left = buffer.remaining();
    if (left == 0) {
      buffer.position(0).limit(0);
    } else if (left + missing > buffer.capacity()) {
      int larger = Math.max(left + missing, Math.min(2 * buffer.capacity(), msize));
      buffer = ByteBuffer.allocateDirect(larger).put(buffer).flip();
    } else if (missing > buffer.capacity() - buffer.limit()) {
      buffer.compact().flip();
    }
  }
}
