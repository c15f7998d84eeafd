package dev.coterie.gates.fuse.kernel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** How often each opcode came and how long it took, in powers of two. */
public final class Meters {
  /** Bucket i holds what took less than 2^i microseconds, and the last one all that is longer. */
  public static final int BUCKETS = 24;

  /** By number; the last one for what is not known. */
  private static final int KINDS = Opcode.MOST + 1;

  private final LongAdder[] errors = new LongAdder[KINDS];
  private final LongAdder[] nanos = new LongAdder[KINDS];
  private final AtomicLongArray[] buckets = new AtomicLongArray[KINDS];

  public Meters() {
    for (int i = 0; i < KINDS; i++) {
      errors[i] = new LongAdder();
      nanos[i] = new LongAdder();
      buckets[i] = new AtomicLongArray(BUCKETS);
    }
  }

  /**
   * What is known of one opcode.
   *
   * @param label its name, or "unknown"
   * @param count requests
   * @param errors of them, answered with an errno
   * @param micros in all
   * @param histogram requests by {@link #BUCKETS bucket}
   */
  @SuppressWarnings("ArrayRecordComponent") // made afresh for each
  public record Line(String label, long count, long errors, long micros, long[] histogram) {
    /** As {@link #parse} reads it: words with spaces between them. */
    String toText() {
      StringBuilder text = new StringBuilder(label);
      text.append(' ').append(count).append(' ').append(errors).append(' ').append(micros);
      for (long requests : histogram) {
        text.append(' ').append(requests);
      }
      return text.append('\n').toString();
    }

    private static Line parse(String text) {
      String[] words = text.split(" ", -1);
      if (words.length != 4 + BUCKETS) {
        throw new IllegalArgumentException("words: " + words.length);
      }
      long[] histogram = new long[BUCKETS];
      for (int i = 0; i < BUCKETS; i++) {
        histogram[i] = Long.parseLong(words[4 + i]);
      }
      return new Line(
          words[0],
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          histogram);
    }

    /**
     * Below which time this share of the requests stayed, in microseconds: the end of a bucket, so
     * at most twice the truth.
     */
    public long microsAt(double share) {
      long wanted = (long) Math.ceil(share * count);
      long seen = 0;
      for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (seen >= wanted) {
          return 1L << i;
        }
      }
      return 1L << BUCKETS;
    }
  }

  /** All of it as text, to be read by {@link #parse} in another process. */
  public byte[] toText() {
    StringBuilder text = new StringBuilder();
    for (Line line : lines()) {
      text.append(line.toText());
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads {@link #toText}.
   *
   * @throws IllegalArgumentException it is something else
   */
  public static List<Line> parse(byte[] text) {
    return new String(text, StandardCharsets.US_ASCII).lines().map(Line::parse).toList();
  }

  void count(@Nullable Opcode opcode, long took, boolean failed) {
    int kind = opcode == null ? KINDS - 1 : opcode.number();
    nanos[kind].add(took);
    if (failed) {
      errors[kind].increment();
    }
    long micros = took / 1000;
    int bucket = Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(micros));
    buckets[kind].incrementAndGet(bucket);
  }

  /** All opcodes that have come. */
  public List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    for (int kind = 0; kind < KINDS; kind++) {
      long[] histogram = new long[BUCKETS];
      long count = 0;
      for (int i = 0; i < BUCKETS; i++) {
        histogram[i] = buckets[kind].get(i);
        count += histogram[i];
      }
      if (count > 0) {
        Opcode opcode = Opcode.of(kind);
        String label = opcode == null ? "unknown" : opcode.label();
        lines.add(new Line(label, count, errors[kind].sum(), nanos[kind].sum() / 1000, histogram));
      }
    }
    return lines;
  }
}
