package dev.coterie.wire;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import java.nio.ByteBuffer;

/** Requests about the session itself, since 9P2000.L.coterie.1. */
public sealed interface SessionRequest extends Request {

  /**
   * Says who is at the other end, and asks how long leases last.
   *
   * <pre>
   * size[4] 160[1] tag[2] clientid[16] flags[4]
   * </pre>
   *
   * @param clientLow the first half of the number that a client chose by chance for itself
   * @param clientHigh its other half
   * @param flags {@link P9#SESSION_NEW}, {@link P9#SESSION_RESUME} or {@link P9#SESSION_BIND}
   */
  record Tsession(long clientLow, long clientHigh, int flags) implements SessionRequest {
    @Override
    public int type() {
      return P9.TSESSION;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(clientLow).putLong(clientHigh).putInt(flags);
    }

    static Tsession get(ByteBuffer in) {
      return new Tsession(in.getLong(), in.getLong(), in.getInt());
    }
  }

  /**
   * Asks for a sign of life.
   *
   * <pre>
   * size[4] 204[1] tag[2] nonce[8]
   * </pre>
   *
   * @param nonce comes back in the reply
   */
  record Tping(long nonce) implements SessionRequest {
    @Override
    public int type() {
      return P9.TPING;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(nonce);
    }

    static Tping get(ByteBuffer in) {
      return new Tping(in.getLong());
    }
  }

  /**
   * Names the caller of one request, for a gate that serves many users on one connection. Costs no
   * round trip: the request is inside, and its own reply (or Rlerror) is the answer.
   *
   * <pre>
   * size[4] 206[1] tag[2] uid[4] gid[4] n[2] n*gid[4] pid[4] umask[4] innertype[1] innerbody
   * </pre>
   *
   * <p>The surprise: believed only of a trusted peer, EPERM otherwise.
   *
   * @param caller at most {@link Limits#GROUPS} groups
   * @param inner any request but Tversion, Tauth, Tattach, Tflush and another Tas
   */
  record Tas(Caller caller, Request inner) implements SessionRequest {
    private static final int FIXED_BYTES = 19;

    public Tas {
      if (!maySurround(inner.type())) {
        throw new IllegalArgumentException("Tas around type " + inner.type());
      }
    }

    /** What naming this caller adds to a frame, in bytes. */
    public static int overheadBytes(Caller caller) {
      return FIXED_BYTES + Integer.BYTES * caller.groups().length;
    }

    @Override
    public int type() {
      return P9.TAS;
    }

    @Override
    public void putBody(ByteBuffer out) {
      int[] groups = caller.groups();
      out.putInt(caller.uid()).putInt(caller.gid()).putShort((short) groups.length);
      for (int group : groups) {
        out.putInt(group);
      }
      out.putInt(caller.pid()).putInt(caller.umask()).put((byte) inner.type());
      inner.putBody(out);
    }

    static Tas get(ByteBuffer in) throws ProtocolException {
      int uid = in.getInt();
      int gid = in.getInt();
      int count = Fields.getShort(in);
      if (count > Limits.GROUPS) {
        throw new ProtocolException("groups: " + count);
      }
      Fields.requireLeft(in, count * Integer.BYTES);
      int[] groups = new int[count];
      for (int i = 0; i < count; i++) {
        groups[i] = in.getInt();
      }
      Caller caller = new Caller(uid, gid, groups, in.getInt(), in.getInt());
      int inner = Fields.getByte(in);
      if (!maySurround(inner)) {
        throw new ProtocolException("Tas around type " + inner);
      }
      return new Tas(caller, Decoder.anyRequest(inner, in));
    }

    private static boolean maySurround(int type) {
      return switch (type) {
        case P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TAS -> false;
        default -> true;
      };
    }

    @Override
    public Request detached() {
      return new Tas(caller, inner.detached());
    }
  }
}
