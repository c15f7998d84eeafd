package dev.coterie.api;

import java.nio.ByteBuffer;

/** Reads a file to its end. */
final class WholeFile {
  /** What is read with the opening, in bytes. */
  static final int FIRST_BYTES = 32 << 10;

  /** The longest array, in bytes. */
  private static final int BYTES_MAX = Integer.MAX_VALUE - 8;

  private WholeFile() {}

  /**
   * The content of an open file.
   *
   * @param stat when it was opened
   * @param first holds its beginning
   * @param count how much of it; -1: it was not read
   */
  static byte[] read(OpenFile file, Stat stat, ByteBuffer first, int count) throws ErrnoException {
    // A read that is short says that this is the end only if that is where the end was.
    if (count == 0 || (count > 0 && count < FIRST_BYTES && count == stat.size())) {
      return bytes(first);
    }
    ByteBuffer content = count < 0 ? first.clear() : first;
    while (true) {
      if (!content.hasRemaining()) {
        content = larger(content);
      }
      int read = file.isFifo() ? file.read(content) : file.pread(content, content.position());
      if (read == 0) {
        return bytes(content);
      }
    }
  }

  private static byte[] bytes(ByteBuffer content) {
    byte[] bytes = new byte[content.position()];
    content.flip().get(bytes);
    return bytes;
  }

  private static ByteBuffer larger(ByteBuffer content) throws ErrnoException {
    int size = content.capacity();
    if (size == BYTES_MAX) {
      throw new ErrnoException(Errno.EFBIG);
    }
    int next = size > BYTES_MAX / 2 ? BYTES_MAX : 2 * size;
    return ByteBuffer.allocate(next).put(content.flip());
  }
}
