package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;

/** Requests that open files or work on open ones, since 9P2000.L.coterie.1. */
public sealed interface HandleRequest extends Request {

  /**
   * Opens a name, making a regular file if there is none; with an empty name, a file without one.
   *
   * <pre>
   * size[4] 212[1] tag[2] dfid[4] nodefid[4] handlefid[4] name[s] flags[4] mode[4]
   * </pre>
   *
   * <p>The surprise: two fids are made, one for the inode (as by Tlookup) and one for the open
   * file.
   *
   * @param nodeFid names the inode, with one reference
   * @param handleFid the open file
   * @param name empty with O_TMPFILE
   * @param flags of open(2)
   * @param mode permissions before the umask, which is the caller's
   */
  record Tcreate(int dirFid, int nodeFid, int handleFid, Name name, int flags, int mode)
      implements HandleRequest {
    @Override
    public int type() {
      return P9.TCREATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid).putInt(nodeFid).putInt(handleFid);
      Fields.putName(out, name);
      out.putInt(flags).putInt(mode);
    }

    static Tcreate get(ByteBuffer in) throws ProtocolException {
      return new Tcreate(
          in.getInt(), in.getInt(), in.getInt(), Fields.getName(in), in.getInt(), in.getInt());
    }
  }

  /**
   * Opens an inode. Unlike Tlopen it leaves the fid as it is.
   *
   * <pre>
   * size[4] 214[1] tag[2] fid[4] newfid[4] flags[4]
   * </pre>
   *
   * @param newFid the open file
   * @param flags of open(2)
   */
  record Topen(int fid, int newFid, int flags) implements HandleRequest {
    @Override
    public int type() {
      return P9.TOPEN;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(newFid).putInt(flags);
    }

    static Topen get(ByteBuffer in) {
      return new Topen(in.getInt(), in.getInt(), in.getInt());
    }
  }

  /**
   * Asks for entries of an open directory, with attributes if wanted.
   *
   * <pre>
   * size[4] 188[1] tag[2] fid[4] offset[8] count[4] flags[4]
   * </pre>
   *
   * @param offset 0, or that of the last entry received
   * @param count most bytes of entries, unsigned
   * @param flags {@link P9#READDIRX_ATTRS} or 0
   */
  record Treaddirx(int fid, long offset, int count, int flags) implements HandleRequest {
    @Override
    public int type() {
      return P9.TREADDIRX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putLong(offset).putInt(count).putInt(flags);
    }

    static Treaddirx get(ByteBuffer in) {
      return new Treaddirx(in.getInt(), in.getLong(), in.getInt(), in.getInt());
    }
  }

  /**
   * Writes at the end, wherever that is, and asks where it was. Needs no O_APPEND.
   *
   * <pre>
   * size[4] 178[1] tag[2] fid[4] count[4] data[count]
   * </pre>
   *
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Tappend(int fid, ByteBuffer data) implements HandleRequest {
    @Override
    public int type() {
      return P9.TAPPEND;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putData(out, data);
    }

    static Tappend get(ByteBuffer in) throws ProtocolException {
      return new Tappend(in.getInt(), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Tappend(fid, Fields.copy(data));
    }
  }

  /**
   * Reads at the open file's shared offset and moves it on, as one.
   *
   * <pre>
   * size[4] 174[1] tag[2] fid[4] count[4]
   * </pre>
   *
   * @param count in bytes, unsigned; see {@link P9#ioCount}
   */
  record Treadseq(int fid, int count) implements HandleRequest {
    @Override
    public int type() {
      return P9.TREADSEQ;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(count);
    }

    static Treadseq get(ByteBuffer in) {
      return new Treadseq(in.getInt(), in.getInt());
    }
  }

  /**
   * Writes at the open file's shared offset (with O_APPEND at the end) and moves it behind, as one.
   *
   * <pre>
   * size[4] 176[1] tag[2] fid[4] count[4] data[count]
   * </pre>
   *
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Twriteseq(int fid, ByteBuffer data) implements HandleRequest {
    @Override
    public int type() {
      return P9.TWRITESEQ;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putData(out, data);
    }

    static Twriteseq get(ByteBuffer in) throws ProtocolException {
      return new Twriteseq(in.getInt(), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Twriteseq(fid, Fields.copy(data));
    }
  }

  /**
   * Moves the shared offset.
   *
   * <pre>
   * size[4] 172[1] tag[2] fid[4] whence[1] offset[8]
   * </pre>
   *
   * @param whence of lseek(2): 0 SET, 1 CUR, 2 END, 3 DATA, 4 HOLE
   * @param offset in bytes, signed
   */
  record Tseek(int fid, int whence, long offset) implements HandleRequest {
    @Override
    public int type() {
      return P9.TSEEK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).put((byte) whence).putLong(offset);
    }

    static Tseek get(ByteBuffer in) {
      return new Tseek(in.getInt(), Fields.getByte(in), in.getLong());
    }

    /**
     * From where the offset counts.
     *
     * @throws ErrnoException EINVAL unknown
     */
    public Whence from() throws ErrnoException {
      return switch (whence) {
        case 0 -> Whence.SET;
        case 1 -> Whence.CUR;
        case 2 -> Whence.END;
        case 3 -> Whence.DATA;
        case 4 -> Whence.HOLE;
        default -> throw new ErrnoException(Errno.EINVAL, "seek");
      };
    }

    /** The number of lseek(2). */
    public static int whence(Whence from) {
      return switch (from) {
        case SET -> 0;
        case CUR -> 1;
        case END -> 2;
        case DATA -> 3;
        case HOLE -> 4;
      };
    }
  }

  /**
   * Sets the flags of the open file for all who share it.
   *
   * <pre>
   * size[4] 228[1] tag[2] fid[4] flags[4]
   * </pre>
   *
   * @param flags of fcntl(F_SETFL), {@link dev.coterie.api.OpenFlags#SETTABLE}
   */
  record Tsetflags(int fid, int flags) implements HandleRequest {
    @Override
    public int type() {
      return P9.TSETFLAGS;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(flags);
    }

    static Tsetflags get(ByteBuffer in) {
      return new Tsetflags(in.getInt(), in.getInt());
    }
  }

  /**
   * Allocates, punches or zeroes a range.
   *
   * <pre>
   * size[4] 192[1] tag[2] fid[4] mode[4] offset[8] length[8]
   * </pre>
   *
   * @param mode of fallocate(2)
   * @param offset in bytes
   * @param length in bytes
   */
  record Tfallocate(int fid, int mode, long offset, long length) implements HandleRequest {
    @Override
    public int type() {
      return P9.TFALLOCATE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(mode).putLong(offset).putLong(length);
    }

    static Tfallocate get(ByteBuffer in) {
      return new Tfallocate(in.getInt(), in.getInt(), in.getLong(), in.getLong());
    }
  }

  /**
   * Copies from file to file without the bytes passing over the wire.
   *
   * <pre>
   * size[4] 202[1] tag[2] fid[4] offset[8] tofid[4] tooffset[8] length[8]
   * </pre>
   *
   * @param offset in bytes
   * @param toOffset in bytes
   * @param length in bytes; less may be copied
   */
  record Tcopyrange(int fid, long offset, int toFid, long toOffset, long length)
      implements HandleRequest {
    @Override
    public int type() {
      return P9.TCOPYRANGE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putLong(offset).putInt(toFid).putLong(toOffset).putLong(length);
    }

    static Tcopyrange get(ByteBuffer in) {
      return new Tcopyrange(in.getInt(), in.getLong(), in.getInt(), in.getLong(), in.getLong());
    }
  }

  /**
   * Makes a token by which another session can take a reference of the open file.
   *
   * <pre>
   * size[4] 168[1] tag[2] fid[4]
   * </pre>
   */
  record Tshare(int fid) implements HandleRequest {
    @Override
    public int type() {
      return P9.TSHARE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Tshare get(ByteBuffer in) {
      return new Tshare(in.getInt());
    }
  }

  /**
   * Takes the reference of a token, once.
   *
   * <pre>
   * size[4] 170[1] tag[2] token[16] newfid[4]
   * </pre>
   *
   * @param newFid the open file, offset and flags shared with those who had it
   */
  record Ttake(Token token, int newFid) implements HandleRequest {
    @Override
    public int type() {
      return P9.TTAKE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(token.high()).putLong(token.low()).putInt(newFid);
    }

    static Ttake get(ByteBuffer in) {
      return new Ttake(new Token(in.getLong(), in.getLong()), in.getInt());
    }
  }

  /**
   * Locks, unlocks, or asks what stands in the way. Answered when the lock is granted; given up by
   * Tflush.
   *
   * <pre>
   * size[4] 180[1] tag[2] fid[4] kind[1] type[1] flags[4] start[8] length[8] owner[8]
   * </pre>
   *
   * @param fid open for what is locked, unless by flock(2)
   * @param kind {@link P9#LOCK_KIND_POSIX} and the like
   * @param lockType {@link P9#LOCK_TYPE_RDLCK} and the like
   * @param flags {@link P9#LOCKX_WAIT}, {@link P9#LOCKX_TEST}
   * @param start in bytes
   * @param length in bytes; 0: to the end, wherever that will be
   * @param owner of a POSIX lock: a process, as the session numbers them; 0 the session itself
   */
  record Tlockx(int fid, int kind, int lockType, int flags, long start, long length, long owner)
      implements HandleRequest {

    public static Tlockx of(int fid, RangeLock lock, int flags) {
      return new Tlockx(
          fid,
          LockFields.kind(lock.kind()),
          LockFields.type(lock.type()),
          flags,
          lock.start(),
          lock.length(),
          lock.owner());
    }

    @Override
    public int type() {
      return P9.TLOCKX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).put((byte) kind).put((byte) lockType).putInt(flags);
      out.putLong(start).putLong(length).putLong(owner);
    }

    static Tlockx get(ByteBuffer in) {
      return new Tlockx(
          in.getInt(),
          Fields.getByte(in),
          Fields.getByte(in),
          in.getInt(),
          in.getLong(),
          in.getLong(),
          in.getLong());
    }

    /**
     * What is locked.
     *
     * @throws ErrnoException EINVAL an unknown kind, type or flag
     */
    public RangeLock lock() throws ErrnoException {
      if ((flags & ~(P9.LOCKX_WAIT | P9.LOCKX_TEST)) != 0) {
        throw new ErrnoException(Errno.EINVAL, "lock");
      }
      return new RangeLock(LockFields.kind(kind), LockFields.type(lockType), start, length, owner);
    }

    public boolean waits() {
      return (flags & P9.LOCKX_WAIT) != 0;
    }

    public boolean tests() {
      return (flags & P9.LOCKX_TEST) != 0;
    }
  }
}
