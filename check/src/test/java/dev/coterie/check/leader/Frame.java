package dev.coterie.check.leader;

import dev.coterie.wire.P9;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A request put together by hand: bytes one after the other, with no codec of ours between. */
final class Frame {
  private final int type;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  private Frame(int type) {
    this.type = type;
  }

  static Frame of(int type) {
    return new Frame(type);
  }

  int type() {
    return type;
  }

  Frame u1(int value) {
    body.write(value);
    return this;
  }

  Frame u2(int value) {
    return u1(value).u1(value >>> 8);
  }

  Frame u4(int value) {
    return u2(value).u2(value >>> 16);
  }

  Frame u8(long value) {
    return u4((int) value).u4((int) (value >>> 32));
  }

  Frame bytes(byte[] bytes) {
    body.writeBytes(bytes);
    return this;
  }

  /** {@code length[2] bytes}. */
  Frame name(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return u2(bytes.length).bytes(bytes);
  }

  /** {@code count[4] bytes}. */
  Frame data(byte[] bytes) {
    return u4(bytes.length).bytes(bytes);
  }

  byte[] body() {
    return body.toByteArray();
  }

  /** The whole frame. */
  byte[] toBytes(int tag) {
    byte[] bytes = body.toByteArray();
    return ByteBuffer.allocate(P9.HEADER_BYTES + bytes.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(P9.HEADER_BYTES + bytes.length)
        .put((byte) type)
        .putShort((short) tag)
        .put(bytes)
        .array();
  }
}
