package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an inode, {@code attrs[153]} in other layouts: the body of Rgetattr.
 *
 * <pre>
 * valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8] size[8] blksize[8] blocks[8]
 * atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8] ctime_sec[8] ctime_nsec[8]
 * btime_sec[8] btime_nsec[8] gen[8] data_version[8]
 * </pre>
 *
 * <p>Sizes in bytes, blocks of 512 bytes. {@code qid.path} and {@code gen} are the two parts of
 * {@link InodeId}, {@code data_version} is {@link Stat#change}. The kernel's new_encode_dev and
 * makedev(3) are one form for every device number Linux has (12 bits and 20 bits), so {@code rdev}
 * goes over as it is.
 *
 * <p>In our dialect attributes are whole (valid {@link P9#GETATTR_ALL}) or, where a reply allows
 * it, absent (valid 0).
 */
final class Attrs {
  private Attrs() {}

  /** Size on the wire, in bytes. */
  static final int BYTES = 153;

  private static final int NANOS_MAX = 999_999_999;

  /** All attributes, as in our dialect. */
  static void put(ByteBuffer out, Stat stat) {
    out.putLong(P9.GETATTR_ALL);
    Qid.put(out, Qid.typeOfMode(stat.mode()), (int) stat.change(), stat.id().number());
    putStat(out, stat);
  }

  /** No attributes: they were asked for, but there are none to give. */
  static void putAbsent(ByteBuffer out) {
    for (int i = 0; i < BYTES / Long.BYTES; i++) {
      out.putLong(0);
    }
    out.put((byte) 0);
  }

  /** What follows the qid. */
  static void putStat(ByteBuffer out, Stat stat) {
    out.putInt(stat.mode()).putInt(stat.uid()).putInt(stat.gid());
    out.putLong(stat.nlink()).putLong(stat.rdev()).putLong(stat.size());
    out.putLong(stat.blksize()).putLong(stat.blocks());
    putTime(out, stat.atime());
    putTime(out, stat.mtime());
    putTime(out, stat.ctime());
    putTime(out, stat.btime());
    out.putLong(Integer.toUnsignedLong(stat.id().generation())).putLong(stat.change());
  }

  /** The attributes of a reply of our dialect, which must be there. */
  static Stat get(ByteBuffer in) throws ProtocolException {
    Stat stat = getIfPresent(in);
    if (stat == null) {
      throw new ProtocolException("attributes are missing");
    }
    return stat;
  }

  /** The attributes of an entry of our dialect; null if the server had none to give. */
  static @Nullable Stat getIfPresent(ByteBuffer in) throws ProtocolException {
    long valid = in.getLong();
    if (valid == 0) {
      Fields.skip(in, BYTES - Long.BYTES);
      return null;
    }
    if ((valid & P9.GETATTR_ALL) != P9.GETATTR_ALL) {
      throw new ProtocolException("attributes are not whole: " + Long.toHexString(valid));
    }
    return getStat(in, Qid.get(in));
  }

  /** What follows the qid. */
  static Stat getStat(ByteBuffer in, Qid qid) throws ProtocolException {
    int mode = in.getInt();
    int uid = in.getInt();
    int gid = in.getInt();
    long nlink = in.getLong();
    long rdev = in.getLong();
    long size = in.getLong();
    int blksize = getPositiveInt(in);
    long blocks = in.getLong();
    Timestamp atime = getTime(in);
    Timestamp mtime = getTime(in);
    Timestamp ctime = getTime(in);
    Timestamp btime = getTime(in);
    InodeId id = new InodeId(qid.path(), getGeneration(in));
    long change = in.getLong();
    return new Stat(
        id, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime, btime, change);
  }

  private static void putTime(ByteBuffer out, Timestamp time) {
    out.putLong(time.seconds()).putLong(time.nanos());
  }

  private static Timestamp getTime(ByteBuffer in) throws ProtocolException {
    long seconds = in.getLong();
    long nanos = in.getLong();
    if (nanos < 0 || nanos > NANOS_MAX) {
      throw new ProtocolException("nanoseconds: " + nanos);
    }
    return new Timestamp(seconds, (int) nanos);
  }

  private static int getPositiveInt(ByteBuffer in) throws ProtocolException {
    long value = in.getLong();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new ProtocolException("block size: " + value);
    }
    return (int) value;
  }

  private static int getGeneration(ByteBuffer in) throws ProtocolException {
    long value = in.getLong();
    if (value >>> Integer.SIZE != 0) {
      throw new ProtocolException("generation: " + Long.toUnsignedString(value));
    }
    return (int) value;
  }
}
