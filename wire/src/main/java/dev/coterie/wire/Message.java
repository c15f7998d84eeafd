package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One message, without its tag: that belongs to the frame.
 *
 * <pre>
 * size[4] type[1] tag[2] body
 * </pre>
 *
 * <p>{@code size} counts itself; integers are little endian. Each record below shows its own
 * layout, type number included, with its components in wire order; {@code name[s]} is {@code
 * length[2]} and as many bytes.
 */
public sealed interface Message permits Request, Reply {

  /** The type number, as in {@link P9}. */
  int type();

  /**
   * Writes the body, if there is any, at the buffer's position; {@link #encode} makes a frame of
   * it.
   */
  default void putBody(ByteBuffer out) {}

  /**
   * Writes the whole frame at the buffer's position and moves it behind; sets the buffer to little
   * endian.
   *
   * @param tag unsigned, 16 bits
   * @param msize largest frame the peer takes, in bytes
   * @throws ErrnoException EMSGSIZE the frame would be larger than {@code msize} or than the
   *     buffer's remaining bytes; the position is as it was
   */
  default void encode(int tag, ByteBuffer out, int msize) throws ErrnoException {
    out.order(ByteOrder.LITTLE_ENDIAN);
    int start = out.position();
    try {
      out.putInt(0).put((byte) type()).putShort((short) tag);
      putBody(out);
    } catch (BufferOverflowException e) {
      out.position(start);
      throw new ErrnoException(Errno.EMSGSIZE);
    }
    int size = out.position() - start;
    if (size > msize) {
      out.position(start);
      throw new ErrnoException(Errno.EMSGSIZE);
    }
    out.putInt(start, size);
  }
}
