package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.Operation.KeyLease;
import java.nio.ByteBuffer;

/** Replies to {@link KeyRequest}s. */
public sealed interface KeyReply extends Reply {

  /**
   * Which key it is.
   *
   * <pre>
   * size[4] 249[1] tag[2] key[8] gen[4]
   * </pre>
   */
  record Ropenkey(InodeId key) implements KeyReply {
    @Override
    public int type() {
      return P9.ROPENKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(key.number()).putInt(key.generation());
    }

    static Ropenkey get(ByteBuffer in) {
      return new Ropenkey(new InodeId(in.getLong(), in.getInt()));
    }
  }

  /**
   * A lease on a key, and its value.
   *
   * <pre>
   * size[4] 251[1] tag[2] mode[1] seq[4] flags[1] count[4] value[count]
   * </pre>
   *
   * @param flags {@link P9#KEY_RECALLED} or 0
   */
  record Rusekey(int mode, int seq, int flags, ByteBuffer value) implements KeyReply {
    /** What was granted. */
    public static Rusekey of(KeyLease lease) {
      int flags = lease.recalled() ? P9.KEY_RECALLED : 0;
      return new Rusekey(
          lease.mode().number(), lease.seq(), flags, ByteBuffer.wrap(lease.value()));
    }

    @Override
    public int type() {
      return P9.RUSEKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) mode).putInt(seq).put((byte) flags);
      Fields.putData(out, value);
    }

    static Rusekey get(ByteBuffer in) throws ProtocolException {
      int mode = Fields.getByte(in);
      int seq = in.getInt();
      return new Rusekey(mode, seq, Fields.getByte(in), Fields.getData(in));
    }
  }

  /**
   * It was given back.
   *
   * <pre>
   * size[4] 253[1] tag[2] status[1]
   * </pre>
   *
   * @param status {@link P9#KEY_RETURNED} or {@link P9#KEY_NOT_HELD}
   */
  record Rreturnkey(int status) implements KeyReply {
    @Override
    public int type() {
      return P9.RRETURNKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) status);
    }

    static Rreturnkey get(ByteBuffer in) {
      return new Rreturnkey(Fields.getByte(in));
    }
  }

  /**
   * It is referred to once less.
   *
   * <pre>
   * size[4] 255[1] tag[2]
   * </pre>
   */
  record Rclosekey() implements KeyReply {
    @Override
    public int type() {
      return P9.RCLOSEKEY;
    }
  }
}
