package dev.coterie.check.leader;

import dev.coterie.api.Errno;
import dev.coterie.wire.P9;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A reply as it came.
 *
 * @param body little endian, at its start
 */
public record Reply(int type, int tag, ByteBuffer body) {
  public boolean isError() {
    return type == P9.RLERROR;
  }

  /** The error's number, 0 if it is none. */
  public int errno() {
    return isError() ? body.getInt(body.position()) : 0;
  }

  /** {@code length[2] bytes} at the body's position. */
  public String name() {
    byte[] bytes = new byte[Short.toUnsignedInt(body.getShort())];
    body.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** {@code count[4] bytes} at the body's position. */
  public byte[] data() {
    byte[] bytes = new byte[body.getInt()];
    body.get(bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return "type "
        + type
        + " tag "
        + tag
        + (isError() ? " " + Errno.of(errno()) : " with " + body.remaining() + " bytes");
  }
}
