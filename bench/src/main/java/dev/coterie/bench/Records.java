package dev.coterie.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/** The lines that processes of {@code mockup-*} write, and which of them have arrived. */
final class Records {
  /** Of a line: writer, number, filler, line feed. {@code mockup.py} writes the same. */
  static final int BYTES = 40;

  private static final int WRITER_DIGITS = 3;
  private static final int NUMBER_AT = WRITER_DIGITS + 1;
  private static final int NUMBER_DIGITS = 10;
  private static final int FILLER_AT = NUMBER_AT + NUMBER_DIGITS + 1;

  private Records() {}

  /** Makes a line, of which {@link #setNumber} then changes the number. */
  static byte[] line(int writer) {
    byte[] line = new byte[BYTES];
    Arrays.fill(line, (byte) 'x');
    put(line, 0, WRITER_DIGITS, writer);
    line[WRITER_DIGITS] = ' ';
    line[FILLER_AT - 1] = ' ';
    line[BYTES - 1] = '\n';
    return line;
  }

  static void setNumber(byte[] line, long number) {
    put(line, NUMBER_AT, NUMBER_DIGITS, number);
  }

  private static void put(byte[] line, int at, int digits, long value) {
    long rest = value;
    for (int i = at + digits - 1; i >= at; i--) {
      line[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /**
   * How many different lines are whole in a file.
   *
   * @param written of each writer, numbered from 0
   */
  static long arrived(byte[] content, long[] written) {
    BitSet[] seen = new BitSet[written.length];
    Arrays.setAll(seen, _ -> new BitSet());
    for (String line : new String(content, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (line.length() != BYTES - 1 || !line.matches("[0-9]{3} [0-9]{10} x+")) {
        continue;
      }
      int writer = Integer.parseInt(line, 0, WRITER_DIGITS, 10);
      long number = Long.parseLong(line, NUMBER_AT, NUMBER_AT + NUMBER_DIGITS, 10);
      if (writer < written.length && number < written[writer]) {
        seen[writer].set((int) number);
      }
    }
    return Arrays.stream(seen).mapToLong(BitSet::cardinality).sum();
  }
}
