package dev.coterie.wire;

import dev.coterie.api.Limits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * What came of several requests: a reply to each that was begun.
   *
   * <pre>
   * size[4] 235[1] tag[2] n[2] n*reply[reply]
   * </pre>
   *
   * <p>Inside are whole frames, as in the request. If there are fewer than requests, the last is an
   * Rlerror, and what follows in the request was not begun.
   *
   * @param replies 1 to {@link Limits#COMPOUND_OPERATIONS}; any but another Rdo
   */
  record Rdo(List<Reply> replies) implements SessionReply {
    /** What it adds to the frames inside, in bytes. */
    public static final int OVERHEAD_BYTES = P9.HEADER_BYTES + Short.BYTES;

    public Rdo {
      replies = List.copyOf(replies);
      if (replies.isEmpty() || replies.size() > Limits.COMPOUND_OPERATIONS) {
        throw new IllegalArgumentException("Rdo of " + replies.size());
      }
    }

    @Override
    public int type() {
      return P9.RDO;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) replies.size());
      for (int i = 0; i < replies.size(); i++) {
        Fields.putFrame(out, replies.get(i), i);
      }
    }

    static Rdo get(ByteBuffer in) throws ProtocolException {
      int count = Fields.getCompoundCount(in);
      List<Reply> replies = new ArrayList<>(count);
      int limit = in.limit();
      for (int i = 0; i < count; i++) {
        int type = Fields.beginFrame(in, i);
        if (type == P9.RDO) {
          throw new ProtocolException("Rdo around type " + type);
        }
        replies.add(Decoder.anyReply(type, in));
        Fields.endFrame(in, type, limit);
      }
      return new Rdo(replies);
    }
  }
}
