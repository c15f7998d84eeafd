package dev.coterie.check.posix;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Bytes that are written, and what is said of bytes that were read. */
final class Pattern {
  private Pattern() {}

  /** The same bytes as fill() of kernel_fs.c. */
  static ByteBuffer bytes(int count, long seed) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (seed * 31 + i * 7L + (i >> 8));
    }
    return ByteBuffer.wrap(bytes);
  }

  /** How many bytes, and their checksum. */
  static String said(byte[] bytes, int count) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, count);
    return "OK %d %08x".formatted(count, crc.getValue());
  }
}
