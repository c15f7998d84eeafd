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
   * Waits for a lease on a key; before that it may give one back, as {@link Treturnkey} does.
   *
   * <pre>
   * size[4] 250[1] tag[2] key[8] gen[4] mode[1] timeoutms[4] flags[1] seq[4] count[4] value[count]
   * </pre>
   *
   * @param mode {@link P9#LEASE_SHARED} or {@link P9#LEASE_EXCLUSIVE}
   * @param timeoutMs 0: takes what is free; -1: no end
   * @param flags 0, or {@link P9#KEY_RETURNS}, with {@link P9#KEY_CHANGED} or without
   * @param seq which of the key's grants it gives back; else 0
   */
  record Tusekey(InodeId key, int mode, int timeoutMs, int flags, int seq, ByteBuffer value)
      implements KeyRequest {
    /** One that gives nothing back. */
    public Tusekey(InodeId key, int mode, int timeoutMs) {
      this(key, mode, timeoutMs, 0, 0, ByteBuffer.allocate(0));
    }

    @Override
    public int type() {
      return P9.TUSEKEY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(key.number()).putInt(key.generation());
      out.put((byte) mode).putInt(timeoutMs).put((byte) flags).putInt(seq);
      Fields.putData(out, value);
    }

    static Tusekey get(ByteBuffer in) throws ProtocolException {
      InodeId key = new InodeId(in.getLong(), in.getInt());
      int mode = Fields.getByte(in);
      int timeoutMs = in.getInt();
      int flags = Fields.getByte(in);
      return new Tusekey(key, mode, timeoutMs, flags, in.getInt(), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Tusekey(key, mode, timeoutMs, flags, seq, Fields.copy(value));
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
