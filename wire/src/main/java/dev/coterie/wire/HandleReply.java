package dev.coterie.wire;

import dev.coterie.api.DirEntry;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.Stat;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies to {@link HandleRequest}s. */
public sealed interface HandleReply extends Reply {

  /**
   * The file is open; both new fids are made.
   *
   * <pre>
   * size[4] 213[1] tag[2] attrs[153] flags[4]
   * </pre>
   *
   * @param flags of the open file, without those that only steered the opening
   */
  record Rcreate(Stat stat, int flags) implements HandleReply {
    @Override
    public int type() {
      return P9.RCREATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
      out.putInt(flags);
    }

    static Rcreate get(ByteBuffer in) throws ProtocolException {
      return new Rcreate(Attrs.get(in), in.getInt());
    }
  }

  /**
   * The file is open; the new fid is it.
   *
   * <pre>
   * size[4] 215[1] tag[2] attrs[153] [n[1] n*(inode[8] gen[4] plane[1] mode[1] seq[4])] flags[4]
   * </pre>
   *
   * <p>The surprise: whether leases are there is said by {@link P9#GETATTR_LEASES} in the
   * attributes.
   *
   * @param leases that the session has now
   * @param flags of the open file, without those that only steered the opening
   */
  record Ropen(Stat stat, List<HeldLease> leases, int flags) implements HandleReply {
    public Ropen {
      leases = List.copyOf(leases);
    }

    /** Without leases. */
    public Ropen(Stat stat, int flags) {
      this(stat, List.of(), flags);
    }

    @Override
    public int type() {
      return P9.ROPEN;
    }

    @Override
    public void putBody(ByteBuffer out) {
      HeldLease.put(out, stat, leases);
      out.putInt(flags);
    }

    static Ropen get(ByteBuffer in) throws ProtocolException {
      int start = in.position();
      Stat stat = Attrs.get(in);
      boolean leased = (in.getLong(start) & P9.GETATTR_LEASES) != 0;
      return new Ropen(stat, leased ? HeldLease.getAll(in) : List.of(), in.getInt());
    }
  }

  /**
   * Entries of a directory. A server need not make one: {@link ReaddirWriter} puts entries straight
   * into the frame.
   *
   * <pre>
   * size[4] 189[1] tag[2] flags[4] count[4] entries[count]
   * entry: qid[13] gen[4] offset[8] type[1] name[s] [attrs[153]]
   * </pre>
   *
   * <p>The surprise: attributes that were asked for and could not be had are there with valid 0.
   *
   * @param flags {@link P9#READDIRX_ATTRS} if entries have attributes, so that the reply can be
   *     read without its request
   * @param entries whole ones only; none is the end
   */
  record Rreaddirx(int flags, List<DirEntry> entries) implements HandleReply {
    /** Size of an entry on the wire beside its name and attributes, in bytes. */
    public static final int ENTRY_BYTES = 28;

    /** Size of an entry with attributes on the wire beside its name, in bytes. */
    public static final int ENTRY_ATTRS_BYTES = ENTRY_BYTES + Attrs.BYTES;

    public Rreaddirx {
      entries = List.copyOf(entries);
    }

    @Override
    public int type() {
      return P9.RREADDIRX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(flags);
      int start = out.position();
      out.putInt(0);
      for (int i = 0; i < entries.size(); i++) {
        putEntry(out, entries.get(i), flags);
      }
      out.putInt(start, out.position() - start - Integer.BYTES);
    }

    static Rreaddirx get(ByteBuffer in) throws ProtocolException {
      int flags = in.getInt();
      Fields.requireRest(in, in.getInt());
      List<DirEntry> entries = new ArrayList<>();
      while (in.hasRemaining()) {
        entries.add(getEntry(in, flags));
      }
      return new Rreaddirx(flags, entries);
    }

    static void putEntry(ByteBuffer out, DirEntry entry, int flags) {
      Stat stat = entry.stat();
      int version = stat != null ? (int) stat.change() : 0;
      Qid.put(out, Qid.typeOfDirent(entry.type()), version, entry.id().number());
      out.putInt(entry.id().generation()).putLong(entry.cookie()).put((byte) entry.type());
      Fields.putName(out, entry.name());
      if ((flags & P9.READDIRX_ATTRS) == 0) {
        return;
      }
      if (stat != null) {
        Attrs.put(out, stat);
      } else {
        Attrs.putAbsent(out);
      }
    }

    private static DirEntry getEntry(ByteBuffer in, int flags) throws ProtocolException {
      Qid qid = Qid.get(in);
      InodeId id = new InodeId(qid.path(), in.getInt());
      long cookie = in.getLong();
      int direntType = Fields.getByte(in);
      Name name = Fields.getName(in);
      boolean attrs = (flags & P9.READDIRX_ATTRS) != 0;
      return new DirEntry(name, id, direntType, cookie, attrs ? Attrs.getIfPresent(in) : null);
    }
  }

  /**
   * Where the bytes went; the file ended behind them then.
   *
   * <pre>
   * size[4] 179[1] tag[2] offset[8] count[4]
   * </pre>
   *
   * @param offset of the first byte, in bytes
   * @param count in bytes
   */
  record Rappend(long offset, int count) implements HandleReply {
    @Override
    public int type() {
      return P9.RAPPEND;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(offset).putInt(count);
    }

    static Rappend get(ByteBuffer in) {
      return new Rappend(in.getLong(), in.getInt());
    }
  }

  /**
   * What was read, and from where. A server need not make one: {@link DataReply} lets the file
   * system read into the frame.
   *
   * <pre>
   * size[4] 175[1] tag[2] offset[8] count[4] data[count]
   * </pre>
   *
   * @param offset of the first byte, in bytes
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Rreadseq(long offset, ByteBuffer data) implements HandleReply {
    @Override
    public int type() {
      return P9.RREADSEQ;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(offset);
      Fields.putData(out, data);
    }

    static Rreadseq get(ByteBuffer in) throws ProtocolException {
      return new Rreadseq(in.getLong(), Fields.getData(in));
    }
  }

  /**
   * Where the bytes went.
   *
   * <pre>
   * size[4] 177[1] tag[2] offset[8] count[4]
   * </pre>
   *
   * @param offset of the first byte, in bytes
   * @param count in bytes
   */
  record Rwriteseq(long offset, int count) implements HandleReply {
    @Override
    public int type() {
      return P9.RWRITESEQ;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(offset).putInt(count);
    }

    static Rwriteseq get(ByteBuffer in) {
      return new Rwriteseq(in.getLong(), in.getInt());
    }
  }

  /**
   * The shared offset is moved.
   *
   * <pre>
   * size[4] 173[1] tag[2] offset[8]
   * </pre>
   *
   * @param offset the new one, in bytes
   */
  record Rseek(long offset) implements HandleReply {
    @Override
    public int type() {
      return P9.RSEEK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(offset);
    }

    static Rseek get(ByteBuffer in) {
      return new Rseek(in.getLong());
    }
  }

  /**
   * The flags are set.
   *
   * <pre>
   * size[4] 229[1] tag[2]
   * </pre>
   */
  record Rsetflags() implements HandleReply {
    @Override
    public int type() {
      return P9.RSETFLAGS;
    }
  }

  /**
   * The range is allocated, punched or zeroed.
   *
   * <pre>
   * size[4] 193[1] tag[2]
   * </pre>
   */
  record Rfallocate() implements HandleReply {
    @Override
    public int type() {
      return P9.RFALLOCATE;
    }
  }

  /**
   * How much was copied.
   *
   * <pre>
   * size[4] 203[1] tag[2] count[8]
   * </pre>
   *
   * @param count in bytes; 0: the source ends before the offset
   */
  record Rcopyrange(long count) implements HandleReply {
    @Override
    public int type() {
      return P9.RCOPYRANGE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(count);
    }

    static Rcopyrange get(ByteBuffer in) {
      return new Rcopyrange(in.getLong());
    }
  }

  /**
   * The token, a secret.
   *
   * <pre>
   * size[4] 169[1] tag[2] token[16]
   * </pre>
   *
   * @param token its high half, then its low one
   */
  record Rshare(Token token) implements HandleReply {
    @Override
    public int type() {
      return P9.RSHARE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(token.high()).putLong(token.low());
    }

    static Rshare get(ByteBuffer in) {
      return new Rshare(new Token(in.getLong(), in.getLong()));
    }
  }

  /**
   * The new fid is the open file.
   *
   * <pre>
   * size[4] 171[1] tag[2] attrs[153] flags[4]
   * </pre>
   *
   * @param flags of the open file, without those that only steered the opening
   */
  record Rtake(Stat stat, int flags) implements HandleReply {
    @Override
    public int type() {
      return P9.RTAKE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
      out.putInt(flags);
    }

    static Rtake get(ByteBuffer in) throws ProtocolException {
      return new Rtake(Attrs.get(in), in.getInt());
    }
  }

  /**
   * It is done; or, to a test, what stands in the way.
   *
   * <pre>
   * size[4] 181[1] tag[2] type[1] start[8] length[8] pid[4]
   * </pre>
   *
   * @param lockType {@link P9#LOCK_TYPE_UNLCK} if nothing stands in the way
   * @param start in bytes
   * @param length in bytes; 0: to the end
   * @param pid of the holder in its own session; -1 a handle, 0 unknown
   */
  record Rlockx(int lockType, long start, long length, int pid) implements HandleReply {
    /** To what is no test. */
    public static final Rlockx DONE = new Rlockx(P9.LOCK_TYPE_UNLCK, 0, 0, 0);

    public static Rlockx of(FoundLock found) {
      return new Rlockx(LockFields.type(found.type()), found.start(), found.length(), found.pid());
    }

    @Override
    public int type() {
      return P9.RLOCKX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) lockType).putLong(start).putLong(length).putInt(pid);
    }

    static Rlockx get(ByteBuffer in) {
      return new Rlockx(Fields.getByte(in), in.getLong(), in.getLong(), in.getInt());
    }

    /**
     * What was found.
     *
     * @throws ProtocolException no such type
     */
    public FoundLock found() throws ProtocolException {
      try {
        return new FoundLock(LockFields.type(lockType), start, length, pid);
      } catch (ErrnoException e) {
        throw new ProtocolException("Rlockx: type " + lockType);
      }
    }
  }
}
