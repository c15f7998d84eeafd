package dev.coterie.check.posix;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_TMPFILE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coterie.api.Mode;
import java.util.Arrays;
import java.util.List;

/**
 * One operation: which process does it, as which user, and the words of the operation. Bytes of
 * paths and names stand in a word as {@link #encode} has it.
 */
record Step(int process, int user, List<String> words) {
  static Step of(int process, int user, Object... words) {
    return new Step(process, user, Arrays.stream(words).map(Object::toString).toList());
  }

  static Step parse(String line) {
    List<String> all = List.of(line.split(" "));
    return new Step(
        Integer.parseInt(all.get(0)), Integer.parseInt(all.get(1)), all.subList(2, all.size()));
  }

  String op() {
    return words.getFirst();
  }

  String word(int i) {
    return words.get(i);
  }

  byte[] bytes(int i) {
    return decode(words.get(i));
  }

  int integer(int i) {
    return Integer.parseInt(words.get(i));
  }

  long number(int i) {
    return Long.parseLong(words.get(i));
  }

  int octal(int i) {
    return Integer.parseInt(words.get(i), 8);
  }

  /** What is counted as one call: the operation, with the flag that makes it another one. */
  String call() {
    return switch (op()) {
      case "open" -> "open" + openKind(octal(3));
      case "rename" ->
          switch (integer(3)) {
            case 0 -> "rename";
            case 1 -> "rename NOREPLACE";
            case 2 -> "rename EXCHANGE";
            default -> "rename other flags";
          };
      case "lseek" ->
          "lseek "
              + switch (integer(2)) {
                case 0 -> "SET";
                case 1 -> "CUR";
                case 2 -> "END";
                case 3 -> "DATA";
                default -> "HOLE";
              };
      case "fallocate" ->
          switch (integer(2)) {
            case 0 -> "fallocate";
            case 1 -> "fallocate KEEP_SIZE";
            case 3 -> "fallocate PUNCH_HOLE";
            default -> "fallocate other";
          };
      case "mknod" -> "mknod " + Mode.toText(octal(2)).charAt(0);
      case "link" -> integer(3) != 0 ? "link FOLLOW" : "link";
      default -> op();
    };
  }

  private static String openKind(int flags) {
    if ((flags & O_TMPFILE) == O_TMPFILE) {
      return (flags & O_EXCL) != 0 ? " TMPFILE EXCL" : " TMPFILE";
    }
    if ((flags & O_CREAT) != 0) {
      return (flags & O_EXCL) != 0 ? " CREAT EXCL" : " CREAT";
    }
    return (flags & O_DIRECTORY) != 0 ? " DIRECTORY" : "";
  }

  String toLine() {
    return process + " " + user + " " + String.join(" ", words);
  }

  @Override
  public String toString() {
    return toLine();
  }

  /** Bytes as a word: those that are not plain are %XX, and no bytes at all are %. */
  static String encode(byte[] bytes) {
    if (bytes.length == 0) {
      return "%";
    }
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      int c = Byte.toUnsignedInt(b);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "._-/".indexOf(c) >= 0;
      if (plain) {
        text.append((char) c);
      } else {
        text.append(String.format("%%%02X", c));
      }
    }
    return text.toString();
  }

  static String encode(String latin1) {
    return encode(latin1.getBytes(ISO_8859_1));
  }

  static byte[] decode(String word) {
    if (word.equals("%")) {
      return new byte[0];
    }
    byte[] bytes = new byte[word.length()];
    int count = 0;
    for (int i = 0; i < word.length(); i++) {
      if (word.charAt(i) == '%') {
        bytes[count++] = (byte) Integer.parseInt(word, i + 1, i + 3, 16);
        i += 2;
      } else {
        bytes[count++] = (byte) word.charAt(i);
      }
    }
    return Arrays.copyOf(bytes, count);
  }
}
