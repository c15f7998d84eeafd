package dev.coterie.console.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogTest {
  private static String line(int writer, int number) {
    byte[] bytes = new byte[LogRecord.BYTES];
    new LogRecord(writer, number).putInto(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  /** Counts lines, given in pieces of an awkward size. */
  private static Tally count(int writers, int records, List<String> lines) {
    Log log = new Log(writers, records);
    byte[] bytes = String.join("", lines).getBytes(StandardCharsets.US_ASCII);
    ByteBuffer buffer = ByteBuffer.allocate(100);
    for (int at = 0; at < bytes.length; ) {
      int count = Math.min(buffer.remaining(), bytes.length - at);
      buffer.put(bytes, at, count);
      at += count;
      log.take(buffer);
    }
    return log.tally(1);
  }

  @Test
  void count_allThere_isGood() {
    Tally tally = count(2, 2, List.of(line(0, 0), line(1, 0), line(1, 1), line(0, 1)));
    assertThat(tally).isEqualTo(new Tally(4, 4, 0, 0, 0, 0, 0, 4, ""));
    assertThat(tally.isGood()).isTrue();
  }

  @Test
  void count_everyFault_hasItsColumn() {
    String torn = line(0, 0).substring(0, 20) + line(0, 1).substring(20);
    assertThat(count(1, 2, List.of(line(0, 0), torn)))
        .isEqualTo(new Tally(2, 1, 1, 1, 0, 0, 0, 1, ""));
    assertThat(count(1, 2, List.of(line(0, 1), line(0, 0), line(0, 0))))
        .isEqualTo(new Tally(2, 2, 0, 0, 1, 1, 0, 2, ""));
    assertThat(count(1, 1, List.of(line(0, 0), line(7, 0), line(0, 9))).torn()).isEqualTo(2);
    assertThat(count(1, 1, List.of("\0".repeat(300) + "\n", line(0, 0))).torn()).isPositive();
    assertThat(count(1, 1, List.of(line(0, 0), "\n")).torn()).isEqualTo(1);
  }

  @Test
  void parse_anyByteChanged_isNoRecord() {
    byte[] bytes = line(3, 77).getBytes(StandardCharsets.US_ASCII);
    int end = LogRecord.BYTES - 1;
    assertThat(LogRecord.parse(bytes, 0, end)).isEqualTo(new LogRecord(3, 77));
    List<Integer> accepted = new ArrayList<>();
    for (int i = 0; i < end; i++) {
      bytes[i] ^= 1;
      if (LogRecord.parse(bytes, 0, end) != null) {
        accepted.add(i);
      }
      bytes[i] ^= 1;
    }
    assertThat(accepted).isEmpty();
  }
}
