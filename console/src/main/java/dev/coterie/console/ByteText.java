package dev.coterie.console;

import dev.coterie.api.Name;
import dev.coterie.api.TreePath;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Names as the system gives them. In the command line a path is a string whose characters are its
 * bytes (ISO 8859-1), and so are the streams it is printed to: every byte goes through as it came,
 * in any locale, and most commands need no decoder at all.
 */
final class ByteText {
  private static final String COMMAND_LINE = "/proc/self/cmdline";
  private static final String HEX = "0123456789ABCDEF";

  private ByteText() {}

  static String of(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String of(Name name) {
    return of(name.toBytes());
  }

  static TreePath path(String text) {
    return TreePath.of(bytes(text));
  }

  /** What a reader of UTF-8 is to see. */
  static String decoded(String text) {
    return isAscii(text) ? text : new String(bytes(text), StandardCharsets.UTF_8);
  }

  /** The bytes of ordinary text. */
  static String encoded(String text) {
    return isAscii(text) ? text : of(text.getBytes(StandardCharsets.UTF_8));
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** A path of an entry. */
  static String join(String dir, String name) {
    return dir.isEmpty() || dir.endsWith("/") ? dir + name : dir + "/" + name;
  }

  /** The last name of a path, without slashes behind it; empty for the root. */
  static String lastName(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
  }

  /** The text for a terminal, which must not take orders from a file's name. */
  static String printable(String text) {
    char[] shown = text.toCharArray();
    for (int i = 0; i < shown.length; i++) {
      if (shown[i] < ' ' || shown[i] == 0x7f) {
        shown[i] = '?';
      }
    }
    return new String(shown);
  }

  /**
   * The arguments of this program, byte by byte. The JVM has decoded them in the locale's way,
   * which loses what the locale does not know; so those with more than ASCII are read again from
   * where the kernel shows them.
   */
  static String[] arguments(String[] decoded) {
    boolean ascii = true;
    for (String argument : decoded) {
      ascii &= isAscii(argument);
    }
    if (ascii) {
      return decoded;
    }
    String[] result = new String[decoded.length];
    try (FileInputStream in = new FileInputStream(COMMAND_LINE)) {
      String[] all = of(in.readAllBytes()).split("\0", -1);
      // The text ends with a NUL, so the last part is empty.
      int first = all.length - 1 - decoded.length;
      for (int i = 0; i < decoded.length; i++) {
        result[i] = isAscii(decoded[i]) ? decoded[i] : all[first + i];
      }
      return result;
    } catch (IOException | ArrayIndexOutOfBoundsException e) {
      return Arrays.stream(decoded).map(ByteText::encoded).toArray(String[]::new);
    }
  }

  // ---- local files ----

  /** A path of this machine. What is not ASCII goes by URI, which is the one way for raw bytes. */
  static Path local(String text) {
    if (isAscii(text)) {
      return Path.of(text);
    }
    StringBuilder uri = new StringBuilder("file:///");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '/' || (c < 0x80 && Character.isLetterOrDigit(c))) {
        uri.append(c);
      } else {
        uri.append('%').append(HEX.charAt(c >>> 4 & 15)).append(HEX.charAt(c & 15));
      }
    }
    Path path = Path.of(URI.create(uri.toString()));
    return text.startsWith("/") ? path : path.subpath(0, path.getNameCount());
  }

  /** The bytes of a local path. */
  static String local(Path path) {
    String text = path.toString();
    if (isAscii(text)) {
      return text;
    }
    String raw = path.toUri().getRawPath();
    String absolute =
        unescaped(raw.length() > 1 && raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw);
    return path.isAbsolute() ? absolute : lastNames(absolute, path.getNameCount());
  }

  private static String lastNames(String absolute, int count) {
    int start = absolute.length();
    for (int i = 0; i < count; i++) {
      start = absolute.lastIndexOf('/', start - 1);
    }
    return absolute.substring(start + 1);
  }

  private static String unescaped(String uriPath) {
    StringBuilder text = new StringBuilder(uriPath.length());
    for (int i = 0; i < uriPath.length(); i++) {
      char c = uriPath.charAt(i);
      if (c == '%') {
        text.append((char) Integer.parseInt(uriPath, i + 1, i + 3, 16));
        i += 2;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
