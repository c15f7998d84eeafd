package dev.coterie.check.leader;

import dev.coterie.wire.P9;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A request put together by hand: bytes one after the other, with no codec of ours between. */
public final class Frame {
  private final int type;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  private Frame(int type) {
    this.type = type;
  }

  public static Frame of(int type) {
    return new Frame(type);
  }

  public int type() {
    return type;
  }

  public Frame u1(int value) {
    body.write(value);
    return this;
  }

  public Frame u2(int value) {
    return u1(value).u1(value >>> 8);
  }

  public Frame u4(int value) {
    return u2(value).u2(value >>> 16);
  }

  public Frame u8(long value) {
    return u4((int) value).u4((int) (value >>> 32));
  }

  public Frame bytes(byte[] bytes) {
    body.writeBytes(bytes);
    return this;
  }

  /** {@code length[2] bytes}. */
  public Frame name(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return u2(bytes.length).bytes(bytes);
  }

  /** {@code count[4] bytes}. */
  public Frame data(byte[] bytes) {
    return u4(bytes.length).bytes(bytes);
  }

  public byte[] body() {
    return body.toByteArray();
  }

  /** The whole frame. */
  public byte[] toBytes(int tag) {
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
