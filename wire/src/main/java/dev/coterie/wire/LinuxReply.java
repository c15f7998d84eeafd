package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Replies since 9P2000.L. */
public sealed interface LinuxReply extends Reply {

  /**
   * The request failed.
   *
   * <pre>
   * size[4] 7[1] tag[2] ecode[4]
   * </pre>
   *
   * @param ecode a Linux errno
   */
  record Rlerror(int ecode) implements LinuxReply {
    @Override
    public int type() {
      return P9.RLERROR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(ecode);
    }

    static Rlerror get(ByteBuffer in) {
      return new Rlerror(in.getInt());
    }

    /** Size of the frame, in bytes. */
    public static final int FRAME_BYTES = P9.HEADER_BYTES + 4;

    public Rlerror(Errno errno) {
      this(errno.number());
    }

    /** The error; {@link Errno#EIO} for a number that is none of ours. */
    public Errno errno() {
      return Errno.of(ecode);
    }

    /** Writes the frame of an error, which never fails while {@link #FRAME_BYTES} are left. */
    public static void put(int tag, Errno errno, ByteBuffer out) {
      out.order(ByteOrder.LITTLE_ENDIAN);
      out.putInt(FRAME_BYTES).put((byte) P9.RLERROR).putShort((short) tag).putInt(errno.number());
    }
  }

  /**
   * What is known of the file system.
   *
   * <pre>
   * size[4] 9[1] tag[2] type[4] bsize[4] blocks[8] bfree[8] bavail[8]
   * files[8] ffree[8] fsid[8] namelen[4]
   * </pre>
   *
   * @param statFs its components in the order above
   */
  record Rstatfs(StatFs statFs) implements LinuxReply {
    @Override
    public int type() {
      return P9.RSTATFS;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(statFs.type()).putInt(statFs.bsize());
      out.putLong(statFs.blocks()).putLong(statFs.bfree()).putLong(statFs.bavail());
      out.putLong(statFs.files()).putLong(statFs.ffree()).putLong(statFs.fsid());
      out.putInt(statFs.namelen());
    }

    static Rstatfs get(ByteBuffer in) {
      return new Rstatfs(
          new StatFs(
              in.getInt(),
              in.getInt(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getInt()));
    }
  }

  /**
   * The fid is open.
   *
   * <pre>
   * size[4] 13[1] tag[2] qid[13] iounit[4]
   * </pre>
   *
   * @param ioUnit most bytes of one read or write; 0: as many as fit a frame
   */
  record Rlopen(Qid qid, int ioUnit) implements LinuxReply {
    @Override
    public int type() {
      return P9.RLOPEN;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
      out.putInt(ioUnit);
    }

    static Rlopen get(ByteBuffer in) {
      return new Rlopen(Qid.get(in), in.getInt());
    }
  }

  /**
   * The file was made and the fid is it, open.
   *
   * <pre>
   * size[4] 15[1] tag[2] qid[13] iounit[4]
   * </pre>
   *
   * @param ioUnit most bytes of one read or write; 0: as many as fit a frame
   */
  record Rlcreate(Qid qid, int ioUnit) implements LinuxReply {
    @Override
    public int type() {
      return P9.RLCREATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
      out.putInt(ioUnit);
    }

    static Rlcreate get(ByteBuffer in) {
      return new Rlcreate(Qid.get(in), in.getInt());
    }
  }

  /**
   * The symbolic link was made.
   *
   * <pre>
   * size[4] 17[1] tag[2] qid[13]
   * </pre>
   */
  record Rsymlink(Qid qid) implements LinuxReply {
    @Override
    public int type() {
      return P9.RSYMLINK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
    }

    static Rsymlink get(ByteBuffer in) {
      return new Rsymlink(Qid.get(in));
    }
  }

  /**
   * The node was made.
   *
   * <pre>
   * size[4] 19[1] tag[2] qid[13]
   * </pre>
   */
  record Rmknod(Qid qid) implements LinuxReply {
    @Override
    public int type() {
      return P9.RMKNOD;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
    }

    static Rmknod get(ByteBuffer in) {
      return new Rmknod(Qid.get(in));
    }
  }

  /**
   * The file was moved.
   *
   * <pre>
   * size[4] 21[1] tag[2]
   * </pre>
   */
  record Rrename() implements LinuxReply {
    @Override
    public int type() {
      return P9.RRENAME;
    }
  }

  /**
   * The target of a symbolic link.
   *
   * <pre>
   * size[4] 23[1] tag[2] target[s]
   * </pre>
   *
   * @param target any bytes
   */
  record Rreadlink(Name target) implements LinuxReply {
    @Override
    public int type() {
      return P9.RREADLINK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putName(out, target);
    }

    static Rreadlink get(ByteBuffer in) throws ProtocolException {
      return new Rreadlink(Fields.getName(in));
    }
  }

  /**
   * Attributes.
   *
   * <pre>
   * size[4] 25[1] tag[2] valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8] size[8]
   * blksize[8] blocks[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]
   * ctime_sec[8] ctime_nsec[8] btime_sec[8] btime_nsec[8] gen[8] data_version[8]
   * </pre>
   *
   * @param valid {@link P9#GETATTR_MODE} and the like; what is not named is 0
   * @param stat {@code gen} and {@code qid.path} are its id, {@code data_version} its change
   */
  record Rgetattr(long valid, Qid qid, Stat stat) implements LinuxReply {
    /** All attributes, as a session of this dialect is shown them. */
    public static Rgetattr of(Stat stat, Dialect dialect) {
      return new Rgetattr(P9.GETATTR_ALL, Qid.of(stat, dialect), stat);
    }

    @Override
    public int type() {
      return P9.RGETATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out.putLong(valid));
      Attrs.putStat(out, stat);
    }

    static Rgetattr get(ByteBuffer in) throws ProtocolException {
      long valid = in.getLong();
      Qid qid = Qid.get(in);
      return new Rgetattr(valid, qid, Attrs.getStat(in, qid));
    }
  }

  /**
   * The attributes were changed.
   *
   * <pre>
   * size[4] 27[1] tag[2]
   * </pre>
   */
  record Rsetattr() implements LinuxReply {
    @Override
    public int type() {
      return P9.RSETATTR;
    }
  }

  /**
   * The new fid stands for a value.
   *
   * <pre>
   * size[4] 31[1] tag[2] size[8]
   * </pre>
   *
   * @param size of the value, in bytes
   */
  record Rxattrwalk(long size) implements LinuxReply {
    @Override
    public int type() {
      return P9.RXATTRWALK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(size);
    }

    static Rxattrwalk get(ByteBuffer in) {
      return new Rxattrwalk(in.getLong());
    }
  }

  /**
   * The fid is a buffer.
   *
   * <pre>
   * size[4] 33[1] tag[2]
   * </pre>
   */
  record Rxattrcreate() implements LinuxReply {
    @Override
    public int type() {
      return P9.RXATTRCREATE;
    }
  }

  /**
   * Entries of a directory. A server need not make one: {@link ReaddirWriter} puts entries straight
   * into the frame.
   *
   * <pre>
   * size[4] 41[1] tag[2] count[4] entries[count]
   * entry: qid[13] offset[8] type[1] name[s]
   * </pre>
   *
   * @param entries whole ones only; none is the end
   */
  record Rreaddir(List<Entry> entries) implements LinuxReply {
    public Rreaddir {
      entries = List.copyOf(entries);
    }

    /**
     * One entry.
     *
     * @param offset where to go on after it; says nothing but to the server
     * @param direntType as {@code d_type}
     */
    public record Entry(Qid qid, long offset, int direntType, Name name) {
      /** Size on the wire beside the name, in bytes. */
      static final int FIXED_BYTES = 24;

      void put(ByteBuffer out) {
        qid.put(out);
        Fields.putName(out.putLong(offset).put((byte) direntType), name);
      }

      static Entry get(ByteBuffer in) throws ProtocolException {
        return new Entry(Qid.get(in), in.getLong(), Fields.getByte(in), Fields.getName(in));
      }
    }

    @Override
    public int type() {
      return P9.RREADDIR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      int start = out.position();
      out.putInt(0);
      for (int i = 0; i < entries.size(); i++) {
        entries.get(i).put(out);
      }
      out.putInt(start, out.position() - start - Integer.BYTES);
    }

    static Rreaddir get(ByteBuffer in) throws ProtocolException {
      Fields.requireRest(in, in.getInt());
      List<Entry> entries = new ArrayList<>();
      while (in.hasRemaining()) {
        entries.add(Entry.get(in));
      }
      return new Rreaddir(entries);
    }
  }

  /**
   * The content is durable.
   *
   * <pre>
   * size[4] 51[1] tag[2]
   * </pre>
   */
  record Rfsync() implements LinuxReply {
    @Override
    public int type() {
      return P9.RFSYNC;
    }
  }

  /**
   * What became of a lock.
   *
   * <pre>
   * size[4] 53[1] tag[2] status[1]
   * </pre>
   *
   * @param status {@link P9#LOCK_SUCCESS} and the like
   */
  record Rlock(int status) implements LinuxReply {
    @Override
    public int type() {
      return P9.RLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) status);
    }

    static Rlock get(ByteBuffer in) {
      return new Rlock(Fields.getByte(in));
    }
  }

  /**
   * The lock that stands in the way.
   *
   * <pre>
   * size[4] 55[1] tag[2] type[1] start[8] length[8] proc_id[4] client_id[s]
   * </pre>
   *
   * @param lockType {@link P9#LOCK_TYPE_UNLCK} if none does
   * @param start in bytes
   * @param length in bytes; 0: to the end
   */
  record Rgetlock(int lockType, long start, long length, int procId, Name clientId)
      implements LinuxReply {
    @Override
    public int type() {
      return P9.RGETLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) lockType).putLong(start).putLong(length).putInt(procId);
      Fields.putName(out, clientId);
    }

    static Rgetlock get(ByteBuffer in) throws ProtocolException {
      return new Rgetlock(
          Fields.getByte(in), in.getLong(), in.getLong(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * The file has the name.
   *
   * <pre>
   * size[4] 71[1] tag[2]
   * </pre>
   */
  record Rlink() implements LinuxReply {
    @Override
    public int type() {
      return P9.RLINK;
    }
  }

  /**
   * The directory was made.
   *
   * <pre>
   * size[4] 73[1] tag[2] qid[13]
   * </pre>
   */
  record Rmkdir(Qid qid) implements LinuxReply {
    @Override
    public int type() {
      return P9.RMKDIR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
    }

    static Rmkdir get(ByteBuffer in) {
      return new Rmkdir(Qid.get(in));
    }
  }

  /**
   * The name was moved.
   *
   * <pre>
   * size[4] 75[1] tag[2]
   * </pre>
   */
  record Rrenameat() implements LinuxReply {
    @Override
    public int type() {
      return P9.RRENAMEAT;
    }
  }

  /**
   * The name was removed.
   *
   * <pre>
   * size[4] 77[1] tag[2]
   * </pre>
   */
  record Runlinkat() implements LinuxReply {
    @Override
    public int type() {
      return P9.RUNLINKAT;
    }
  }
}
