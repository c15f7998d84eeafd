package dev.coterie.wire;

import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;

/**
 * What the server says a fid names: the identity of a file, as far as 13 bytes can carry it.
 *
 * <pre>
 * type[1] version[4] path[8]
 * </pre>
 *
 * <p>The surprise: {@code version} is 0 towards a plain client, whose kernel otherwise serves stale
 * pages of what it takes for the same version; in our dialect it is the low half of {@link
 * Stat#change}.
 *
 * @param type {@link P9#QTDIR} and the like, as an unsigned byte
 * @param version changes when the file does, or 0
 * @param path the inode's number, unsigned
 */
public record Qid(int type, int version, long path) {
  /** Size on the wire, in bytes. */
  public static final int BYTES = 13;

  /** The qid of an inode, as a session of this dialect is shown it. */
  public static Qid of(Stat stat, Dialect dialect) {
    int version = dialect == Dialect.COTERIE_1 ? (int) stat.change() : 0;
    return new Qid(typeOfMode(stat.mode()), version, stat.id().number());
  }

  /** The qid type of an inode with this {@code st_mode}. */
  static int typeOfMode(int mode) {
    return typeOfDirent(Mode.direntType(mode));
  }

  /** The qid type of an entry with this {@code d_type}. */
  static int typeOfDirent(int direntType) {
    return switch (direntType) {
      case P9.DT_DIR -> P9.QTDIR;
      case P9.DT_LNK -> P9.QTSYMLINK;
      default -> P9.QTFILE;
    };
  }

  public boolean isDirectory() {
    return (type & P9.QTDIR) != 0;
  }

  void put(ByteBuffer out) {
    put(out, type, version, path);
  }

  static void put(ByteBuffer out, int type, int version, long path) {
    out.put((byte) type).putInt(version).putLong(path);
  }

  static Qid get(ByteBuffer in) {
    return new Qid(Fields.getByte(in), in.getInt(), in.getLong());
  }
}
