package dev.coterie.wire;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Requests about the session itself, since 9P2000.L.coterie.1. */
public sealed interface SessionRequest extends Request {

  /**
   * Says who is at the other end: whose session this connection is one of.
   *
   * <pre>
   * size[4] 160[1] tag[2] clientid[16] secret[16] flags[4] sessionid[8] epoch[8]
   * </pre>
   *
   * @param client the number that a client chose by chance for itself
   * @param secret chosen by chance too, and known to nobody else
   * @param flags one of {@link P9#SESSION_NEW}, {@link P9#SESSION_RESUME}, {@link P9#SESSION_BIND}
   *     and {@link P9#SESSION_END}, perhaps with {@link P9#SESSION_KEEP}; or 0: only asks
   * @param sessionId which one is resumed or bound
   * @param epoch of the leader that it is of
   */
  record Tsession(SessionKey client, SessionKey secret, int flags, long sessionId, long epoch)
      implements SessionRequest {
    @Override
    public int type() {
      return P9.TSESSION;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(client.low).putLong(client.high).putLong(secret.low).putLong(secret.high);
      out.putInt(flags).putLong(sessionId).putLong(epoch);
    }

    static Tsession get(ByteBuffer in) {
      SessionKey client = new SessionKey(in.getLong(), in.getLong());
      SessionKey secret = new SessionKey(in.getLong(), in.getLong());
      return new Tsession(client, secret, in.getInt(), in.getLong(), in.getLong());
    }
  }

  /** 16 bytes of chance, which no text shows. */
  record SessionKey(long low, long high) {
    public static final SessionKey NONE = new SessionKey(0, 0);

    /** Takes as long whether they are equal or not. */
    public boolean isSame(SessionKey other) {
      return ((low ^ other.low) | (high ^ other.high)) == 0;
    }

    @Override
    public String toString() {
      return "key";
    }
  }

  /**
   * A change that is applied once, however often it is sent. Its slot is its tag. Costs no round
   * trip: the request is inside, and its own reply (or Rlerror) is the answer.
   *
   * <pre>
   * size[4] 190[1] tag[2] flags[4] seq[4] innertype[1] innerbody
   * </pre>
   *
   * @param flags none yet
   * @param seq one more than that of the last change in this slot; the same for the same change
   * @param inner any request but Tversion, Tauth, Tattach, Tflush, Tsession and another Tonce
   */
  record Tonce(int flags, int seq, Request inner) implements SessionRequest {
    /** What it adds to a frame, in bytes. */
    public static final int OVERHEAD_BYTES = 9;

    public Tonce {
      if (!maySurround(inner.type())) {
        throw new IllegalArgumentException("Tonce around type " + inner.type());
      }
    }

    @Override
    public int type() {
      return P9.TONCE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(flags).putInt(seq).put((byte) inner.type());
      inner.putBody(out);
    }

    static Tonce get(ByteBuffer in) throws ProtocolException {
      int flags = in.getInt();
      int seq = in.getInt();
      int inner = Fields.getByte(in);
      if (!maySurround(inner)) {
        throw new ProtocolException("Tonce around type " + inner);
      }
      return new Tonce(flags, seq, Decoder.anyRequest(inner, in));
    }

    private static boolean maySurround(int type) {
      return switch (type) {
        case P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TSESSION, P9.TONCE -> false;
        default -> true;
      };
    }

    @Override
    public Request detached() {
      return new Tonce(flags, seq, inner.detached());
    }
  }

  /**
   * Several requests in one message, done one after the other, each as if it had come alone when
   * the one before it was answered. The first that fails is the last that is begun; what was done
   * before it stays.
   *
   * <pre>
   * size[4] 234[1] tag[2] flags[4] n[2] n*request[request]
   * </pre>
   *
   * <p>The surprise: inside are whole frames, their size included. The tag of each is its place in
   * the message, from 0.
   *
   * @param flags {@link P9#DO_UNDO_FIDS} or 0
   * @param requests 1 to {@link Limits#COMPOUND_OPERATIONS}; any but Tversion, Tauth, Tattach,
   *     Tflush, Tsession, Tonce, Tas and another Tdo
   */
  record Tdo(int flags, List<Request> requests) implements SessionRequest {
    /** What it adds to the frames inside, in bytes. */
    public static final int OVERHEAD_BYTES = P9.HEADER_BYTES + Integer.BYTES + Short.BYTES;

    public Tdo {
      requests = List.copyOf(requests);
      if (requests.isEmpty() || requests.size() > Limits.COMPOUND_OPERATIONS) {
        throw new IllegalArgumentException("Tdo of " + requests.size());
      }
      for (Request inner : requests) {
        if (!maySurround(inner.type())) {
          throw new IllegalArgumentException("Tdo around type " + inner.type());
        }
      }
    }

    @Override
    public int type() {
      return P9.TDO;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(flags).putShort((short) requests.size());
      for (int i = 0; i < requests.size(); i++) {
        Fields.putFrame(out, requests.get(i), i);
      }
    }

    static Tdo get(ByteBuffer in) throws ProtocolException {
      int flags = in.getInt();
      int count = Fields.getCompoundCount(in);
      List<Request> requests = new ArrayList<>(count);
      int limit = in.limit();
      for (int i = 0; i < count; i++) {
        int type = Fields.beginFrame(in, i);
        if (!maySurround(type)) {
          throw new ProtocolException("Tdo around type " + type);
        }
        requests.add(Decoder.anyRequest(type, in));
        Fields.endFrame(in, type, limit);
      }
      return new Tdo(flags, requests);
    }

    private static boolean maySurround(int type) {
      return switch (type) {
        case P9.TVERSION,
            P9.TAUTH,
            P9.TATTACH,
            P9.TFLUSH,
            P9.TSESSION,
            P9.TONCE,
            P9.TAS,
            P9.TDO ->
            false;
        default -> true;
      };
    }

    @Override
    public Request detached() {
      List<Request> detached = new ArrayList<>(requests.size());
      for (Request inner : requests) {
        detached.add(inner.detached());
      }
      return new Tdo(flags, detached);
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
   * @param inner any request but Tversion, Tauth, Tattach, Tflush, Tsession, Tonce and another Tas
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
        case P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TSESSION, P9.TONCE, P9.TAS -> false;
        default -> true;
      };
    }

    @Override
    public Request detached() {
      return new Tas(caller, inner.detached());
    }
  }
}
