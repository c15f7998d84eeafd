package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.DirEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An entry of a directory, in the reply to READDIR.
 *
 * <pre>
 *   0        8        16        20       24
 *  +--------+--------+---------+--------+------------------+---------------+
 *  | ino    | off    | namelen | type   | name[namelen]    | zeros up to 8 |
 *  +--------+--------+---------+--------+------------------+---------------+
 * </pre>
 *
 * {@code off} is where to go on after this entry.
 */
public final class Dirent {
  private Dirent() {}

  private static final int NAME_OFFSET = 24;

  /** Puts an entry at the buffer's position; false, and nothing is put, if there is no room. */
  public static boolean put(ByteBuffer body, DirEntry entry) {
    int length = NAME_OFFSET + entry.name().length();
    int aligned = (length + Long.BYTES - 1) & -Long.BYTES;
    if (body.remaining() < aligned) {
      return false;
    }
    body.order(ByteOrder.LITTLE_ENDIAN);
    body.putLong(entry.id().number()).putLong(entry.cookie());
    body.putInt(entry.name().length()).putInt(entry.type());
    entry.name().putInto(body);
    for (int i = length; i < aligned; i++) {
      body.put((byte) 0);
    }
    return true;
  }
}
