package dev.coterie.wire;

import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The parts that messages are made of, beside plain integers.
 *
 * <p>Whatever has a length of its own is held against what is left of the frame before anything is
 * made of it. A buffer that ends early (BufferUnderflowException) or is too small
 * (BufferOverflowException) is dealt with in one place, where the message begins: {@link Decoder}
 * and {@link Message#encode}.
 */
final class Fields {
  private Fields() {}

  private static final int TEXT_BYTES_MAX = 0xFFFF;

  static int getByte(ByteBuffer in) {
    return Byte.toUnsignedInt(in.get());
  }

  static int getShort(ByteBuffer in) {
    return Short.toUnsignedInt(in.getShort());
  }

  /**
   * {@code length[2] bytes}: a name, or other bytes without meaning. Any bytes: the file system
   * judges them.
   */
  static Name getName(ByteBuffer in) throws ProtocolException {
    return Name.wrap(getBytes(in));
  }

  static void putName(ByteBuffer out, Name name) {
    putLength(out, name.length());
    name.putInto(out);
  }

  /** {@code bytes NUL}: one name of a list of extended attributes. */
  static Name getTerminatedName(ByteBuffer in) throws ProtocolException {
    int start = in.position();
    int end = start;
    while (end < in.limit() && in.get(end) != 0) {
      end++;
    }
    if (end == start || end == in.limit()) {
      throw new ProtocolException("name of an attribute is empty or has no end");
    }
    byte[] bytes = new byte[end - start];
    in.get(bytes).get();
    return Name.wrap(bytes);
  }

  /**
   * {@code length[2] bytes}: text in UTF-8; what is not UTF-8 becomes the replacement character.
   */
  static String getText(ByteBuffer in) throws ProtocolException {
    return new String(getBytes(in), StandardCharsets.UTF_8);
  }

  static void putText(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putLength(out, bytes.length);
    out.put(bytes);
  }

  /** {@code count[4] data}, as a slice of the frame: no copy. */
  static ByteBuffer getData(ByteBuffer in) throws ProtocolException {
    int count = in.getInt();
    requireLeft(in, count);
    int start = in.position();
    in.position(start + count);
    return in.slice(start, count);
  }

  /** Leaves {@code data} as it is, its position too. */
  static void putData(ByteBuffer out, ByteBuffer data) {
    int count = data.remaining();
    out.putInt(count);
    if (count > out.remaining()) {
      throw new BufferOverflowException();
    }
    int start = out.position();
    out.put(start, data, data.position(), count);
    out.position(start + count);
  }

  /** Holds a count from the frame, unsigned, against what is left of it. */
  static void requireLeft(ByteBuffer in, int bytes) throws ProtocolException {
    if (Integer.compareUnsigned(bytes, in.remaining()) > 0) {
      throw new ProtocolException(
          "length " + Integer.toUnsignedString(bytes) + ", but " + in.remaining() + " bytes left");
    }
  }

  /** Holds a count from the frame against what is left of it: it must be that. */
  static void requireRest(ByteBuffer in, int bytes) throws ProtocolException {
    if (bytes != in.remaining()) {
      throw new ProtocolException(
          "count " + Integer.toUnsignedString(bytes) + ", but " + in.remaining() + " bytes left");
    }
  }

  static void skip(ByteBuffer in, int bytes) throws ProtocolException {
    requireLeft(in, bytes);
    in.position(in.position() + bytes);
  }

  /** A copy that outlives the frame. */
  static ByteBuffer copy(ByteBuffer data) {
    return ByteBuffer.allocate(data.remaining()).put(data.duplicate()).flip();
  }

  // ---- frames in a message ----

  static void putFrame(ByteBuffer out, Message message, int tag) {
    int start = out.position();
    out.putInt(0).put((byte) message.type()).putShort((short) tag);
    message.putBody(out);
    out.putInt(start, out.position() - start);
  }

  /** How many frames there are. */
  static int getCompoundCount(ByteBuffer in) throws ProtocolException {
    int count = getShort(in);
    if (count == 0 || count > Limits.COMPOUND_OPERATIONS) {
      throw new ProtocolException("frames in a message: " + count);
    }
    return count;
  }

  /**
   * Limits the buffer to the frame at its position, and moves it to the body.
   *
   * @param tag what the frame must have
   * @return the type
   */
  static int beginFrame(ByteBuffer in, int tag) throws ProtocolException {
    int start = in.position();
    int size = in.getInt();
    if (size < P9.HEADER_BYTES || size - Integer.BYTES > in.remaining()) {
      throw new ProtocolException(
          "frame of " + Integer.toUnsignedString(size) + " bytes in a message");
    }
    int type = getByte(in);
    if (getShort(in) != tag) {
      throw new ProtocolException("frame in a message without its place as tag");
    }
    in.limit(start + size);
    return type;
  }

  /**
   * The frame was read.
   *
   * @param limit that of the message
   */
  static void endFrame(ByteBuffer in, int type, int limit) throws ProtocolException {
    if (in.hasRemaining()) {
      throw new ProtocolException("type " + type + ": " + in.remaining() + " bytes too many");
    }
    in.limit(limit);
  }

  private static byte[] getBytes(ByteBuffer in) throws ProtocolException {
    int length = getShort(in);
    requireLeft(in, length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static void putLength(ByteBuffer out, int length) {
    if (length > TEXT_BYTES_MAX) {
      throw new BufferOverflowException();
    }
    out.putShort((short) length);
  }
}
