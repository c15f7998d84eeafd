package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import java.nio.ByteBuffer;

/** Requests about named keys, since 9P2000.L.coterie.1. */
public sealed interface KeyRequest extends Request {

  /**
   * Refers to a key of the caller.
   *
   * <pre>
   * size[4] 248[1] tag[2] name[s]
   * </pre>
   */
  record Topenkey(Name name) implements KeyRequest {
    @Override
    public int type() {
      return P9.TOPENKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putName(out, name);
    }

    static Topenkey get(ByteBuffer in) throws ProtocolException {
      return new Topenkey(Fields.getName(in));
    }
  }

  /**
   * Waits for a lease on a key.
   *
   * <pre>
   * size[4] 250[1] tag[2] key[8] gen[4] mode[1] timeoutms[4]
   * </pre>
   *
   * @param mode {@link P9#LEASE_SHARED} or {@link P9#LEASE_EXCLUSIVE}
   * @param timeoutMs 0: takes what is free; -1: no end
   */
  record Tusekey(InodeId key, int mode, int timeoutMs) implements KeyRequest {
    @Override
    public int type() {
      return P9.TUSEKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(key.number()).putInt(key.generation());
      out.put((byte) mode).putInt(timeoutMs);
    }

    static Tusekey get(ByteBuffer in) {
      return new Tusekey(new InodeId(in.getLong(), in.getInt()), Fields.getByte(in), in.getInt());
    }
  }

  /**
   * Gives a lease on a key back, with its value if that was changed.
   *
   * <pre>
   * size[4] 252[1] tag[2] key[8] gen[4] seq[4] flags[1] count[4] value[count]
   * </pre>
   *
   * @param seq which of the key's grants
   * @param flags {@link P9#KEY_CHANGED} or 0
   */
  record Treturnkey(InodeId key, int seq, int flags, ByteBuffer value) implements KeyRequest {
    @Override
    public int type() {
      return P9.TRETURNKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(key.number()).putInt(key.generation());
      out.putInt(seq).put((byte) flags);
      Fields.putData(out, value);
    }

    static Treturnkey get(ByteBuffer in) throws ProtocolException {
      InodeId key = new InodeId(in.getLong(), in.getInt());
      return new Treturnkey(key, in.getInt(), Fields.getByte(in), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Treturnkey(key, seq, flags, Fields.copy(value));
    }
  }

  /**
   * Refers to a key once less.
   *
   * <pre>
   * size[4] 254[1] tag[2] key[8] gen[4]
   * </pre>
   */
  record Tclosekey(InodeId key) implements KeyRequest {
    @Override
    public int type() {
      return P9.TCLOSEKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(key.number()).putInt(key.generation());
    }

    static Tclosekey get(ByteBuffer in) {
      return new Tclosekey(new InodeId(in.getLong(), in.getInt()));
    }
  }
}
