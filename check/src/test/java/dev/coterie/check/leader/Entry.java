package dev.coterie.check.leader;

import java.nio.ByteBuffer;

/**
 * What a client writes again and again: who it is, and the how manieth this is. All of its bytes
 * follow from these, so one that is torn or overwritten is seen.
 *
 * <pre>
 *  writer[4] number[8] filling[20]
 * </pre>
 */
record Entry(int writer, long number) {
  static final int BYTES = 32;

  private static final int FILLING_AT = 12;

  ByteBuffer toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putInt(writer).putLong(number);
    while (bytes.hasRemaining()) {
      bytes.put(filling(bytes.position()));
    }
    return bytes.flip();
  }

  private byte filling(int at) {
    return (byte) (writer * 31L + number * 7 + at * 13L);
  }

  /** The entry at the buffer's position, which moves behind it. IllegalStateException: torn. */
  static Entry of(ByteBuffer bytes) {
    int start = bytes.position();
    Entry entry = new Entry(bytes.getInt(), bytes.getLong());
    for (int at = FILLING_AT; at < BYTES; at++) {
      if (bytes.get() != entry.filling(at)) {
        throw new IllegalStateException("a torn entry at " + start + ", perhaps " + entry);
      }
    }
    return entry;
  }
}
