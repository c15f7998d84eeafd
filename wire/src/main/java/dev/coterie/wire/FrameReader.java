package dev.coterie.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds frames in the bytes that a connection received, and is a cursor on the current one.
 *
 * <pre>
 * size[4] type[1] tag[2] body[size - 7]
 * </pre>
 *
 * <p>Owns no bytes and grows nothing: the connection has one buffer, and this moves over it.
 *
 * <pre>{@code
 * while (true) {
 *   int missing = frames.next(received);       // received: from position to limit, not yet read
 *   if (missing == 0) {
 *     serve(frames.tag(), frames.request(dialect));
 *   } else {
 *     received.compact();                      // as large as msize, so `missing` bytes always fit
 *     channel.read(received);
 *     received.flip();
 *   }
 * }
 * }</pre>
 *
 * <p>The surprise: data of a message is a slice of {@code received}, so it is good until the buffer
 * is compacted or filled again. For one thread.
 */
public final class FrameReader {
  private static final int NO_FRAME = -1;

  private int msize;
  private ByteBuffer source = ByteBuffer.allocate(0);
  private ByteBuffer view = source;
  private int type = NO_FRAME;
  private int tag;

  /**
   * @param msize largest frame, in bytes; before a version is agreed, {@link
   *     dev.coterie.api.Limits#MSIZE_MIN_BYTES} is enough
   */
  public FrameReader(int msize) {
    this.msize = msize;
  }

  /** Sets the largest frame from the next one on, in bytes, as Rversion says. */
  public void setMsize(int bytes) {
    msize = bytes;
  }

  /**
   * Moves to the next frame and {@code received} behind it, if all of it is there.
   *
   * @param received bytes not read yet, from position to limit
   * @return 0 when there is a frame; else how many bytes are missing, at least, and nothing was
   *     moved
   * @throws ProtocolException a size less than the header's or over msize
   */
  @SuppressWarnings("ReferenceEquality") // a view belongs to one buffer, whatever is in it
  public int next(ByteBuffer received) throws ProtocolException {
    if (received != source) {
      source = received;
      view = received.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
    type = NO_FRAME;
    int start = received.position();
    int left = received.remaining();
    if (left < Integer.BYTES) {
      return P9.HEADER_BYTES - left;
    }
    view.clear();
    int size = view.getInt(start);
    if (size < P9.HEADER_BYTES || size > msize) {
      throw new ProtocolException(
          "frame of " + Integer.toUnsignedString(size) + " bytes, msize " + msize);
    }
    if (size > left) {
      return size - left;
    }
    type = Byte.toUnsignedInt(view.get(start + 4));
    tag = Short.toUnsignedInt(view.getShort(start + 5));
    view.limit(start + size).position(start + P9.HEADER_BYTES);
    received.position(start + size);
    return 0;
  }

  /** The type of the current frame. */
  public int type() {
    requireFrame();
    return type;
  }

  /** The tag of the current frame. */
  public int tag() {
    requireFrame();
    return tag;
  }

  /** The current frame's request; once for each frame. See {@link Request#decode}. */
  public Request request(Dialect dialect) throws ProtocolException {
    requireFrame();
    return Decoder.request(type, view, dialect);
  }

  /** The current frame's reply; once for each frame. See {@link Reply#decode}. */
  public Reply reply() throws ProtocolException {
    requireFrame();
    return Decoder.reply(type, view);
  }

  /** What is left of the current frame's body: all of it until it was decoded. */
  public ByteBuffer body() {
    requireFrame();
    return view;
  }

  private void requireFrame() {
    if (type == NO_FRAME) {
      throw new IllegalStateException("no frame");
    }
  }
}
