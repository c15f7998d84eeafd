package dev.coterie.wire;

import java.nio.ByteBuffer;

/** Replies to {@link SessionRequest}s. */
public sealed interface SessionReply extends Reply {

  /**
   * Which session this is.
   *
   * <pre>
   * size[4] 161[1] tag[2] sessionid[8] epoch[8] leasems[4] status[1] slots[2]
   * </pre>
   *
   * @param sessionId no other session of this leader had or has it; 0: this connection is of none
   *     that can be resumed
   * @param epoch another one after each start of the leader
   * @param leaseMs how long after the sending of the last request that was answered a lease may be
   *     used, in milliseconds
   * @param status {@link P9#SESSION_AS_ASKED} or {@link P9#SESSION_GONE}
   * @param slots how many changes that are applied once may be under way: their tags are lower
   */
  record Rsession(long sessionId, long epoch, int leaseMs, int status, int slots)
      implements SessionReply {
    @Override
    public int type() {
      return P9.RSESSION;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(sessionId).putLong(epoch).putInt(leaseMs).put((byte) status);
      out.putShort((short) slots);
    }

    static Rsession get(ByteBuffer in) {
      return new Rsession(
          in.getLong(), in.getLong(), in.getInt(), Fields.getByte(in), Fields.getShort(in));
    }
  }

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
