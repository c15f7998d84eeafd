package dev.coterie.wire;

import dev.coterie.api.Name;
import java.nio.ByteBuffer;

/** Requests since 9P2000.L. */
public sealed interface LinuxRequest extends Request {

  /**
   * Asks for the file system a fid lies on.
   *
   * <pre>
   * size[4] 8[1] tag[2] fid[4]
   * </pre>
   */
  record Tstatfs(int fid) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TSTATFS;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Tstatfs get(ByteBuffer in) {
      return new Tstatfs(in.getInt());
    }
  }

  /**
   * Opens what a fid names, in place: the fid becomes the open file.
   *
   * <pre>
   * size[4] 12[1] tag[2] fid[4] flags[4]
   * </pre>
   *
   * @param flags of open(2) as x86-64 numbers them, {@link dev.coterie.api.OpenFlags}; bits not
   *     understood are ignored
   */
  record Tlopen(int fid, int flags) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TLOPEN;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(flags);
    }

    static Tlopen get(ByteBuffer in) {
      return new Tlopen(in.getInt(), in.getInt());
    }
  }

  /**
   * Makes a regular file in a directory and opens it.
   *
   * <pre>
   * size[4] 14[1] tag[2] fid[4] name[s] flags[4] mode[4] gid[4]
   * </pre>
   *
   * <p>The surprise: the fid moves, from the directory to the new open file.
   *
   * @param flags of open(2)
   * @param mode permissions, the umask applied already
   * @param gid group of the new file: to be held against the groups the user has
   */
  record Tlcreate(int fid, Name name, int flags, int mode, int gid) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TLCREATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putName(out, name);
      out.putInt(flags).putInt(mode).putInt(gid);
    }

    static Tlcreate get(ByteBuffer in) throws ProtocolException {
      return new Tlcreate(in.getInt(), Fields.getName(in), in.getInt(), in.getInt(), in.getInt());
    }
  }

  /**
   * Makes a symbolic link.
   *
   * <pre>
   * size[4] 16[1] tag[2] dfid[4] name[s] target[s] gid[4]
   * </pre>
   *
   * @param target any bytes
   */
  record Tsymlink(int dirFid, Name name, Name target, int gid) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TSYMLINK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid);
      Fields.putName(out, name);
      Fields.putName(out, target);
      out.putInt(gid);
    }

    static Tsymlink get(ByteBuffer in) throws ProtocolException {
      return new Tsymlink(in.getInt(), Fields.getName(in), Fields.getName(in), in.getInt());
    }
  }

  /**
   * Makes a FIFO, socket or device node; a regular file too.
   *
   * <pre>
   * size[4] 18[1] tag[2] dfid[4] name[s] mode[4] major[4] minor[4] gid[4]
   * </pre>
   *
   * @param mode type and permissions, the umask applied already
   */
  record Tmknod(int dirFid, Name name, int mode, int major, int minor, int gid)
      implements LinuxRequest {
    @Override
    public int type() {
      return P9.TMKNOD;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid);
      Fields.putName(out, name);
      out.putInt(mode).putInt(major).putInt(minor).putInt(gid);
    }

    static Tmknod get(ByteBuffer in) throws ProtocolException {
      return new Tmknod(
          in.getInt(), Fields.getName(in), in.getInt(), in.getInt(), in.getInt(), in.getInt());
    }

    /** The device in makedev(3)'s encoding. */
    public long rdev() {
      long high = Integer.toUnsignedLong(major);
      long low = Integer.toUnsignedLong(minor);
      return (high & 0xFFFFF000L) << 32
          | (high & 0xFFFL) << 8
          | (low & 0xFFFFFF00L) << 12
          | (low & 0xFFL);
    }
  }

  /**
   * Moves a file to another name: what Linux falls back to where Trenameat is not answered.
   *
   * <pre>
   * size[4] 20[1] tag[2] fid[4] dfid[4] name[s]
   * </pre>
   */
  record Trename(int fid, int dirFid, Name name) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TRENAME;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(dirFid);
      Fields.putName(out, name);
    }

    static Trename get(ByteBuffer in) throws ProtocolException {
      return new Trename(in.getInt(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Asks for the target of a symbolic link.
   *
   * <pre>
   * size[4] 22[1] tag[2] fid[4]
   * </pre>
   */
  record Treadlink(int fid) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TREADLINK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Treadlink get(ByteBuffer in) {
      return new Treadlink(in.getInt());
    }
  }

  /**
   * Asks for attributes.
   *
   * <pre>
   * size[4] 24[1] tag[2] fid[4] request_mask[8]
   * </pre>
   *
   * @param mask {@link P9#GETATTR_MODE} and the like; more may be answered
   */
  record Tgetattr(int fid, long mask) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TGETATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putLong(mask);
    }

    static Tgetattr get(ByteBuffer in) {
      return new Tgetattr(in.getInt(), in.getLong());
    }
  }

  /**
   * Changes attributes, as one change.
   *
   * <pre>
   * size[4] 26[1] tag[2] fid[4]
   * valid[4] mode[4] uid[4] gid[4] size[8] atime[8 8] mtime[8 8]
   * </pre>
   *
   * <p>The surprise: it comes for unlinked files too, and through open fids.
   *
   * @param change its own layout is {@link AttrChange}'s
   */
  record Tsetattr(int fid, AttrChange change) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TSETATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      change.put(out);
    }

    static Tsetattr get(ByteBuffer in) {
      return new Tsetattr(in.getInt(), AttrChange.get(in));
    }
  }

  /**
   * Gives a new fid to the value of an extended attribute, to be read by Tread.
   *
   * <pre>
   * size[4] 30[1] tag[2] fid[4] newfid[4] name[s]
   * </pre>
   *
   * @param name empty: the list of names, a NUL after each
   */
  record Txattrwalk(int fid, int newFid, Name name) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TXATTRWALK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(newFid);
      Fields.putName(out, name);
    }

    static Txattrwalk get(ByteBuffer in) throws ProtocolException {
      return new Txattrwalk(in.getInt(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Turns a fid into a buffer for the value of an extended attribute, to be written by Twrite.
   *
   * <pre>
   * size[4] 32[1] tag[2] fid[4] name[s] attr_size[8] flags[4]
   * </pre>
   *
   * <p>The surprise: it takes effect when the fid is clunked, and Tclunk then has its error.
   *
   * @param size of the value, in bytes; 0 with XATTR_REPLACE removes the attribute
   * @param flags of setxattr(2)
   */
  record Txattrcreate(int fid, Name name, long size, int flags) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TXATTRCREATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putName(out, name);
      out.putLong(size).putInt(flags);
    }

    static Txattrcreate get(ByteBuffer in) throws ProtocolException {
      return new Txattrcreate(in.getInt(), Fields.getName(in), in.getLong(), in.getInt());
    }
  }

  /**
   * Asks for entries of an open directory.
   *
   * <pre>
   * size[4] 40[1] tag[2] fid[4] offset[8] count[4]
   * </pre>
   *
   * @param offset 0, or that of the last entry received
   * @param count most bytes of entries, unsigned
   */
  record Treaddir(int fid, long offset, int count) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TREADDIR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putLong(offset).putInt(count);
    }

    static Treaddir get(ByteBuffer in) {
      return new Treaddir(in.getInt(), in.getLong(), in.getInt());
    }
  }

  /**
   * Makes content durable.
   *
   * <pre>
   * size[4] 50[1] tag[2] fid[4] datasync[4]
   * </pre>
   *
   * <p>The surprise: {@code datasync} may be missing, as it is in what older clients send.
   *
   * @param dataOnly content without attributes, fdatasync(2)
   */
  record Tfsync(int fid, boolean dataOnly) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TFSYNC;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(dataOnly ? 1 : 0);
    }

    static Tfsync get(ByteBuffer in) {
      int fid = in.getInt();
      return new Tfsync(fid, in.hasRemaining() && in.getInt() != 0);
    }
  }

  /**
   * Takes or gives back a byte-range lock.
   *
   * <pre>
   * size[4] 52[1] tag[2] fid[4] type[1] flags[4] start[8] length[8] proc_id[4]
   * client_id[s]
   * </pre>
   *
   * <p>The surprise: it is answered, not waited for; {@link P9#LOCK_BLOCKED} makes Linux sleep and
   * ask again.
   *
   * @param lockType {@link P9#LOCK_TYPE_RDLCK} and the like
   * @param flags {@link P9#LOCK_FLAGS_BLOCK}
   * @param start in bytes
   * @param length in bytes; 0: to the end, wherever that will be
   * @param procId with {@code clientId} the owner; OFD locks all have 0xFFFFFFFF
   * @param clientId the client's host name; says nothing across sessions
   */
  record Tlock(int fid, int lockType, int flags, long start, long length, int procId, Name clientId)
      implements LinuxRequest {
    @Override
    public int type() {
      return P9.TLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid)
          .put((byte) lockType)
          .putInt(flags)
          .putLong(start)
          .putLong(length)
          .putInt(procId);
      Fields.putName(out, clientId);
    }

    static Tlock get(ByteBuffer in) throws ProtocolException {
      return new Tlock(
          in.getInt(),
          Fields.getByte(in),
          in.getInt(),
          in.getLong(),
          in.getLong(),
          in.getInt(),
          Fields.getName(in));
    }
  }

  /**
   * Asks what would stand in the way of a lock.
   *
   * <pre>
   * size[4] 54[1] tag[2] fid[4] type[1] start[8] length[8] proc_id[4] client_id[s]
   * </pre>
   *
   * <p>The surprise: Linux always asks with type UNLCK; it means a write lock.
   *
   * @param lockType {@link P9#LOCK_TYPE_RDLCK} and the like
   * @param start in bytes
   * @param length in bytes; 0: to the end
   * @param procId with {@code clientId} who asks
   * @param clientId the client's host name
   */
  record Tgetlock(int fid, int lockType, long start, long length, int procId, Name clientId)
      implements LinuxRequest {
    @Override
    public int type() {
      return P9.TGETLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).put((byte) lockType).putLong(start).putLong(length).putInt(procId);
      Fields.putName(out, clientId);
    }

    static Tgetlock get(ByteBuffer in) throws ProtocolException {
      return new Tgetlock(
          in.getInt(),
          Fields.getByte(in),
          in.getLong(),
          in.getLong(),
          in.getInt(),
          Fields.getName(in));
    }
  }

  /**
   * Gives a file one more name.
   *
   * <pre>
   * size[4] 70[1] tag[2] dfid[4] fid[4] name[s]
   * </pre>
   *
   * <p>The surprise: the directory comes first.
   */
  record Tlink(int dirFid, int fid, Name name) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TLINK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid).putInt(fid);
      Fields.putName(out, name);
    }

    static Tlink get(ByteBuffer in) throws ProtocolException {
      return new Tlink(in.getInt(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Makes a directory.
   *
   * <pre>
   * size[4] 72[1] tag[2] dfid[4] name[s] mode[4] gid[4]
   * </pre>
   *
   * @param mode permissions, the umask applied already
   */
  record Tmkdir(int dirFid, Name name, int mode, int gid) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TMKDIR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid);
      Fields.putName(out, name);
      out.putInt(mode).putInt(gid);
    }

    static Tmkdir get(ByteBuffer in) throws ProtocolException {
      return new Tmkdir(in.getInt(), Fields.getName(in), in.getInt(), in.getInt());
    }
  }

  /**
   * Moves a name, replacing what the new one named.
   *
   * <pre>
   * size[4] 74[1] tag[2] olddirfid[4] oldname[s] newdirfid[4] newname[s]
   * </pre>
   */
  record Trenameat(int oldDirFid, Name oldName, int newDirFid, Name newName)
      implements LinuxRequest {
    @Override
    public int type() {
      return P9.TRENAMEAT;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(oldDirFid);
      Fields.putName(out, oldName);
      out.putInt(newDirFid);
      Fields.putName(out, newName);
    }

    static Trenameat get(ByteBuffer in) throws ProtocolException {
      return new Trenameat(in.getInt(), Fields.getName(in), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Removes a name.
   *
   * <pre>
   * size[4] 76[1] tag[2] dirfd[4] name[s] flags[4]
   * </pre>
   *
   * <p>The surprise: fids of the file stay good.
   *
   * @param flags {@link P9#UNLINKAT_REMOVEDIR} or 0
   */
  record Tunlinkat(int dirFid, Name name, int flags) implements LinuxRequest {
    @Override
    public int type() {
      return P9.TUNLINKAT;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid);
      Fields.putName(out, name);
      out.putInt(flags);
    }

    static Tunlinkat get(ByteBuffer in) throws ProtocolException {
      return new Tunlinkat(in.getInt(), Fields.getName(in), in.getInt());
    }
  }
}
