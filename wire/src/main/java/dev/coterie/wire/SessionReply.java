package dev.coterie.wire;

import java.nio.ByteBuffer;

/** Replies to {@link SessionRequest}s. */
public sealed interface SessionReply extends Reply {

  /**
   * A sign of life.
   *
   * <pre>
   * size[4] 205[1] tag[2] nonce[8]
   * </pre>
   *
   * @param nonce that of the request
   */
  record Rping(long nonce) implements SessionReply {
    @Override
    public int type() {
      return P9.RPING;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(nonce);
    }

    static Rping get(ByteBuffer in) {
      return new Rping(in.getLong());
    }
  }
}
