package dev.coterie.check.guest;

/** Content that guest_agent.c and this side know of a file without sending it. */
final class Content {
  private static final long FNV_START = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private Content() {}

  /** The byte at an offset of the content with this seed. */
  static byte at(long seed, long offset) {
    long x = (seed + 1) * 0x9E3779B97F4A7C15L + (offset >>> 3) * 0xBF58476D1CE4E5B9L;
    x ^= x >>> 31;
    x *= 0x94D049BB133111EBL;
    x ^= x >>> 29;
    return (byte) (x >>> (offset & 7) * 8);
  }

  static byte[] of(long seed, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(seed, i);
    }
    return bytes;
  }

  /** The size of a file that the agent's make command made. */
  static int sizeOfMade(long seed, int file) {
    int high = Byte.toUnsignedInt(at(seed, 1 << 20));
    int low = Byte.toUnsignedInt(at(seed, 1 << 21));
    return (high << 8 | low) >> file % 5 + 1;
  }

  /** FNV-1a of 64 bits, as the agent prints it. */
  static String sum(byte[] bytes) {
    return "%016x".formatted(fnv(bytes));
  }

  static long fnv(byte[] bytes) {
    long sum = FNV_START;
    for (byte b : bytes) {
      sum = (sum ^ Byte.toUnsignedLong(b)) * FNV_PRIME;
    }
    return sum;
  }
}
