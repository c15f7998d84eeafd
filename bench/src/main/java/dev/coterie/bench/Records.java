package dev.coterie.bench;

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
    int start = 0;
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        if (i - start == BYTES - 1) {
          see(content, start, written, seen);
        }
        start = i + 1;
      }
    }
    return Arrays.stream(seen).mapToLong(BitSet::cardinality).sum();
  }

  /** Notes what stands from here to a line feed, if somebody wrote it. */
  private static void see(byte[] content, int start, long[] written, BitSet[] seen) {
    long writer = digits(content, start, WRITER_DIGITS);
    long number = digits(content, start + NUMBER_AT, NUMBER_DIGITS);
    boolean known = writer >= 0 && writer < written.length && number >= 0;
    if (known && number < written[(int) writer] && isFilled(content, start)) {
      seen[(int) writer].set((int) number);
    }
  }

  /** -1: others stand there. */
  private static long digits(byte[] content, int at, int count) {
    long value = 0;
    for (int i = at; i < at + count; i++) {
      if (content[i] < '0' || content[i] > '9') {
        return -1;
      }
      value = value * 10 + content[i] - '0';
    }
    return value;
  }

  private static boolean isFilled(byte[] content, int start) {
    for (int i = FILLER_AT; i < BYTES - 1; i++) {
      if (content[start + i] != 'x') {
        return false;
      }
    }
    return content[start + WRITER_DIGITS] == ' ' && content[start + FILLER_AT - 1] == ' ';
  }
}
