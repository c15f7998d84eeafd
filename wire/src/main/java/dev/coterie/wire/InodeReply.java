package dev.coterie.wire;

import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies to {@link InodeRequest}s. */
public sealed interface InodeReply extends Reply {

  /**
   * What the name was found to be; the new fid is made.
   *
   * <pre>
   * size[4] 209[1] tag[2] attrs[153]
   * </pre>
   *
   * @param stat travels as the body of {@link LinuxReply.Rgetattr}, as in all replies below
   */
  record Rlookup(Stat stat) implements InodeReply {
    @Override
    public int type() {
      return P9.RLOOKUP;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Rlookup get(ByteBuffer in) throws ProtocolException {
      return new Rlookup(Attrs.get(in));
    }
  }

  /**
   * What was made; the new fid names it.
   *
   * <pre>
   * size[4] 211[1] tag[2] attrs[153]
   * </pre>
   */
  record Rmake(Stat stat) implements InodeReply {
    @Override
    public int type() {
      return P9.RMAKE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Rmake get(ByteBuffer in) throws ProtocolException {
      return new Rmake(Attrs.get(in));
    }
  }

  /**
   * What has this identity; the new fid names it.
   *
   * <pre>
   * size[4] 201[1] tag[2] attrs[153]
   * </pre>
   */
  record Rrebind(Stat stat) implements InodeReply {
    @Override
    public int type() {
      return P9.RREBIND;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Rrebind get(ByteBuffer in) throws ProtocolException {
      return new Rrebind(Attrs.get(in));
    }
  }

  /**
   * The attributes after the change.
   *
   * <pre>
   * size[4] 225[1] tag[2] attrs[153]
   * </pre>
   */
  record Rsetattrx(Stat stat) implements InodeReply {
    @Override
    public int type() {
      return P9.RSETATTRX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Rsetattrx get(ByteBuffer in) throws ProtocolException {
      return new Rsetattrx(Attrs.get(in));
    }
  }

  /**
   * The caller may.
   *
   * <pre>
   * size[4] 227[1] tag[2]
   * </pre>
   */
  record Raccess() implements InodeReply {
    @Override
    public int type() {
      return P9.RACCESS;
    }
  }

  /**
   * The file's attributes, with the name.
   *
   * <pre>
   * size[4] 231[1] tag[2] attrs[153]
   * </pre>
   */
  record Rlinkx(Stat stat) implements InodeReply {
    @Override
    public int type() {
      return P9.RLINKX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Rlinkx get(ByteBuffer in) throws ProtocolException {
      return new Rlinkx(Attrs.get(in));
    }
  }

  /**
   * The name was moved.
   *
   * <pre>
   * size[4] 195[1] tag[2]
   * </pre>
   */
  record Rrenamex() implements InodeReply {
    @Override
    public int type() {
      return P9.RRENAMEX;
    }
  }

  /**
   * The value of an extended attribute.
   *
   * <pre>
   * size[4] 217[1] tag[2] count[4] data[count]
   * </pre>
   *
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Rgetxattr(ByteBuffer data) implements InodeReply {
    @Override
    public int type() {
      return P9.RGETXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putData(out, data);
    }

    static Rgetxattr get(ByteBuffer in) throws ProtocolException {
      return new Rgetxattr(Fields.getData(in));
    }
  }

  /**
   * The attribute was set.
   *
   * <pre>
   * size[4] 219[1] tag[2]
   * </pre>
   */
  record Rsetxattr() implements InodeReply {
    @Override
    public int type() {
      return P9.RSETXATTR;
    }
  }

  /**
   * The names of the extended attributes.
   *
   * <pre>
   * size[4] 221[1] tag[2] count[4] data[count]
   * data: n*(name NUL), as listxattr(2) gives it
   * </pre>
   *
   * @param names none empty and none with a NUL; at most {@link Limits#XATTR_LIST_BYTES} with their
   *     NULs
   */
  record Rlistxattr(List<Name> names) implements InodeReply {
    private static final Name EMPTY = Name.of("");

    public Rlistxattr {
      names = List.copyOf(names);
      if (names.contains(EMPTY)) {
        throw new IllegalArgumentException("a name is empty");
      }
    }

    @Override
    public int type() {
      return P9.RLISTXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      int start = out.position();
      out.putInt(0);
      for (int i = 0; i < names.size(); i++) {
        names.get(i).putInto(out);
        out.put((byte) 0);
      }
      int count = out.position() - start - Integer.BYTES;
      if (count > Limits.XATTR_LIST_BYTES) {
        throw new BufferOverflowException();
      }
      out.putInt(start, count);
    }

    static Rlistxattr get(ByteBuffer in) throws ProtocolException {
      Fields.requireRest(in, in.getInt());
      if (in.remaining() > Limits.XATTR_LIST_BYTES) {
        throw new ProtocolException("names of attributes: " + in.remaining() + " bytes");
      }
      List<Name> names = new ArrayList<>();
      while (in.hasRemaining()) {
        names.add(Fields.getTerminatedName(in));
      }
      return new Rlistxattr(names);
    }
  }

  /**
   * The attribute was removed.
   *
   * <pre>
   * size[4] 223[1] tag[2]
   * </pre>
   */
  record Rremovexattr() implements InodeReply {
    @Override
    public int type() {
      return P9.RREMOVEXATTR;
    }
  }
}
