package dev.coterie.check.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** A line that the agent answered: {@code OK} and values, or {@code E} and an error's number. */
record Answer(String command, String line) {

  Answer ok() {
    assertThat(line).as(command).matches("OK( .*)?");
    return this;
  }

  Errno errno() {
    assertThat(line).as(command).matches("E\\d+");
    return Errno.of(Integer.parseInt(line, 1, line.length(), 10));
  }

  boolean isOk() {
    return line.startsWith("OK");
  }

  private String word(int i) {
    return line.split(" ", -1)[i + 1];
  }

  int size() {
    return line.split(" ", -1).length - 1;
  }

  long number(int i) {
    return Long.parseLong(word(i));
  }

  int octal(int i) {
    return Integer.parseInt(word(i), 8);
  }

  /** A word as text of one byte a character. */
  String text(int i) {
    return new String(bytes(i), UTF_8);
  }

  byte[] bytes(int i) {
    String word = word(i);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int at = word.equals("%") ? 1 : 0; at < word.length(); at++) {
      if (word.charAt(at) == '%') {
        bytes.write(Integer.parseInt(word, at + 1, at + 3, 16));
        at += 2;
      } else {
        bytes.write(word.charAt(at));
      }
    }
    return bytes.toByteArray();
  }

  /** A word as it stands in a line to the agent. */
  static String encoded(Object word) {
    byte[] bytes = word instanceof byte[] given ? given : word.toString().getBytes(UTF_8);
    if (bytes.length == 0) {
      return "%";
    }
    StringBuilder line = new StringBuilder();
    for (byte b : bytes) {
      boolean plain = b > ' ' && b < 0x7f && b != '%';
      line.append(plain ? new String(new byte[] {b}, US_ASCII) : "%%%02X".formatted(b));
    }
    return line.toString();
  }

  @Override
  public String toString() {
    return Arrays.toString(new String[] {command, line});
  }
}
