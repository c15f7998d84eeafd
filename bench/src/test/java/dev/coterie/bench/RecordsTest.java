package dev.coterie.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What counts as a line that has arrived. */
class RecordsTest {
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();

  private void write(int writer, long number) {
    byte[] line = Records.line(writer);
    Records.setNumber(line, number);
    file.writeBytes(line);
  }

  @Test
  void line_isAsThePeerWritesIt() {
    byte[] line = Records.line(7);
    Records.setNumber(line, 1234);
    assertThat(new String(line, StandardCharsets.US_ASCII))
        .isEqualTo("007 0000001234 " + "x".repeat(24) + "\n");
  }

  @Test
  void arrived_all_isAll() {
    write(0, 0);
    write(1, 0);
    write(0, 1);
    assertThat(Records.arrived(file.toByteArray(), new long[] {2, 1})).isEqualTo(3);
  }

  @Test
  void arrived_missingDoubledOrTorn_isLess() {
    write(0, 0);
    write(0, 0);
    write(0, 2);
    file.writeBytes("000 0000000001 xxxx\n".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(new byte[Records.BYTES]);
    file.writeBytes(
        ("\n001 0000000001 " + "y".repeat(24) + "\n").getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(
        ("000x0000000001 " + "x".repeat(24) + "\n").getBytes(StandardCharsets.US_ASCII));
    assertThat(Records.arrived(file.toByteArray(), new long[] {3})).isEqualTo(2);
  }

  /** Nobody has written these. */
  @Test
  void arrived_unknownWriterOrNumber_doesNotCount() {
    write(1, 0);
    write(0, 5);
    assertThat(Records.arrived(file.toByteArray(), new long[] {5})).isZero();
  }
}
