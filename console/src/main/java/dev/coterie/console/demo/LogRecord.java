package dev.coterie.console.demo;

import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One line of the log that the writers share, always {@link #BYTES} long:
 *
 * <pre>
 *   0    4           15                                      55        63
 *   003 0000001234 payload, of writer and number alone ..... c0ffee01 \n
 *   writer number                                             CRC-32 of all before it
 * </pre>
 *
 * @param writer who wrote it
 * @param number counted by the writer, from 0
 */
record LogRecord(int writer, int number) {
  static final int BYTES = 64;

  private static final int WRITER_DIGITS = 3;
  private static final int NUMBER_AT = 4;
  private static final int NUMBER_DIGITS = 10;
  private static final int PAYLOAD_AT = 15;
  private static final int CHECKED_BYTES = 55;
  private static final int CHECKSUM_DIGITS = 8;

  /** Fills {@code line}, {@link #BYTES} long. */
  void putInto(byte[] line) {
    putDigits(line, 0, WRITER_DIGITS, writer, 10);
    line[WRITER_DIGITS] = ' ';
    putDigits(line, NUMBER_AT, NUMBER_DIGITS, number, 10);
    line[PAYLOAD_AT - 1] = ' ';
    for (int i = PAYLOAD_AT; i < CHECKED_BYTES - 1; i++) {
      line[i] = (byte) ('a' + (writer * 7 + number + i) % 26);
    }
    line[CHECKED_BYTES - 1] = ' ';
    putDigits(line, CHECKED_BYTES, CHECKSUM_DIGITS, checksum(line, 0), 16);
    line[BYTES - 1] = '\n';
  }

  private static void putDigits(byte[] line, int at, int count, long value, int radix) {
    long rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      line[i] = (byte) Character.forDigit((int) (rest % radix), radix);
      rest /= radix;
    }
  }

  private static long checksum(byte[] bytes, int start) {
    CRC32 crc = new CRC32();
    crc.update(bytes, start, CHECKED_BYTES);
    return crc.getValue();
  }

  /** The record that the line from {@code start} to its newline at {@code end} is; null: none. */
  static @Nullable LogRecord parse(byte[] bytes, int start, int end) {
    if (end - start != BYTES - 1) {
      return null;
    }
    long writer = digits(bytes, start, WRITER_DIGITS, 10);
    long number = digits(bytes, start + NUMBER_AT, NUMBER_DIGITS, 10);
    long checksum = digits(bytes, start + CHECKED_BYTES, CHECKSUM_DIGITS, 16);
    if (writer < 0
        || number < 0
        || number > Integer.MAX_VALUE
        || checksum(bytes, start) != checksum) {
      return null;
    }
    return new LogRecord((int) writer, (int) number);
  }

  private static long digits(byte[] bytes, int at, int count, int radix) {
    long value = 0;
    for (int i = at; i < at + count; i++) {
      int digit = Character.digit(bytes[i], radix);
      if (digit < 0) {
        return -1;
      }
      value = value * radix + digit;
    }
    return value;
  }
}
