package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.SetAttr;
import dev.coterie.api.SetAttr.Time;
import dev.coterie.api.Timestamp;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A change of attributes, as Tsetattr and Tsetattrx carry it.
 *
 * <pre>
 * valid[4] mode[4] uid[4] gid[4] size[8]
 * atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]
 * </pre>
 *
 * <p>The surprise: what {@code valid} does not name may be anything, as Linux sends what happened
 * to be in its memory.
 *
 * @param valid {@link P9#SETATTR_MODE} and the like
 * @param mode permissions; Linux sends the type with them
 * @param size in bytes
 */
public record AttrChange(
    int valid,
    int mode,
    int uid,
    int gid,
    long size,
    long atimeSeconds,
    long atimeNanos,
    long mtimeSeconds,
    long mtimeNanos) {
  /** Size on the wire, in bytes. */
  static final int BYTES = 56;

  private static final int NANOS_MAX = 999_999_999;

  /** The change as it goes over the wire; what is left as it is goes as 0. */
  public static AttrChange of(SetAttr change) {
    Integer mode = change.mode();
    Integer uid = change.uid();
    Integer gid = change.gid();
    Long size = change.size();
    Timestamp atime = given(change.atime());
    Timestamp mtime = given(change.mtime());
    int valid =
        (mode != null ? P9.SETATTR_MODE : 0)
            | (uid != null ? P9.SETATTR_UID : 0)
            | (gid != null ? P9.SETATTR_GID : 0)
            | (size != null ? P9.SETATTR_SIZE : 0)
            | (change.atime() != null ? P9.SETATTR_ATIME : 0)
            | (change.mtime() != null ? P9.SETATTR_MTIME : 0)
            | (atime != null ? P9.SETATTR_ATIME_SET : 0)
            | (mtime != null ? P9.SETATTR_MTIME_SET : 0);
    return new AttrChange(
        valid,
        mode != null ? mode : 0,
        uid != null ? uid : 0,
        gid != null ? gid : 0,
        size != null ? size : 0,
        atime != null ? atime.seconds() : 0,
        atime != null ? atime.nanos() : 0,
        mtime != null ? mtime.seconds() : 0,
        mtime != null ? mtime.nanos() : 0);
  }

  /**
   * The change as the file system takes it. Bits of {@code valid} that are not understood are
   * ignored; CTIME alone changes nothing but what every change does.
   *
   * @throws ErrnoException EINVAL nanoseconds of a given time out of range
   */
  public SetAttr toSetAttr() throws ErrnoException {
    return new SetAttr(
        has(P9.SETATTR_MODE) ? mode & Mode.PERMISSIONS : null,
        has(P9.SETATTR_UID) ? uid : null,
        has(P9.SETATTR_GID) ? gid : null,
        has(P9.SETATTR_SIZE) ? size : null,
        time(P9.SETATTR_ATIME, P9.SETATTR_ATIME_SET, atimeSeconds, atimeNanos),
        time(P9.SETATTR_MTIME, P9.SETATTR_MTIME_SET, mtimeSeconds, mtimeNanos));
  }

  private boolean has(int bit) {
    return (valid & bit) != 0;
  }

  private @Nullable Time time(int bit, int setBit, long seconds, long nanos) throws ErrnoException {
    if (!has(bit)) {
      return null;
    }
    if (!has(setBit)) {
      return Time.Now.NOW;
    }
    if (nanos < 0 || nanos > NANOS_MAX) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return new Time.At(new Timestamp(seconds, (int) nanos));
  }

  private static @Nullable Timestamp given(@Nullable Time time) {
    return time instanceof Time.At at ? at.time() : null;
  }

  void put(ByteBuffer out) {
    out.putInt(valid).putInt(mode).putInt(uid).putInt(gid).putLong(size);
    out.putLong(atimeSeconds).putLong(atimeNanos).putLong(mtimeSeconds).putLong(mtimeNanos);
  }

  static AttrChange get(ByteBuffer in) {
    return new AttrChange(
        in.getInt(),
        in.getInt(),
        in.getInt(),
        in.getInt(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong());
  }
}
