package dev.coterie.client.nio;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.file.InvalidPathException;

/**
 * Bytes of names as text and back, without loss: names are bytes on Linux, and most but not all of
 * them are UTF-8.
 *
 * <p>What is UTF-8 reads as such. A byte that is not part of any becomes the lone surrogate U+DC00
 * + byte, so U+DC80 to U+DCFF, which no text in UTF-8 can hold. Bytes to text to bytes gives back
 * the same bytes for every name. Source: PEP 383, "surrogateescape".
 */
final class PathText {
  private static final int ESCAPE = 0xDC00;
  private static final int ESCAPED_MIN = ESCAPE + 0x80;
  private static final int ESCAPED_MAX = ESCAPE + 0xFF;
  private static final char REPLACEMENT = '\uFFFD';

  private PathText() {}

  static String decode(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeEscaping(bytes);
  }

  private static String decodeEscaping(byte[] bytes) {
    CharsetDecoder decoder =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isUnderflow() && !in.hasRemaining()) {
        return out.flip().toString();
      }
      // Only the first byte of what cannot be read: the next one may begin something.
      out.put((char) (ESCAPE | in.get() & 0xFF));
    }
  }

  /**
   * @throws InvalidPathException a NUL, or a surrogate that stands alone and is no escaped byte
   */
  static byte[] encode(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw new InvalidPathException(text, "Nul character not allowed", i);
      }
      if (Character.isSurrogate(c)) {
        return encodeEscaped(text);
      }
    }
    return text.getBytes(UTF_8);
  }

  private static byte[] encodeEscaped(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(3 * text.length());
    int at = 0;
    while (at < text.length()) {
      int c = text.codePointAt(at);
      if (c == 0) {
        throw new InvalidPathException(text, "Nul character not allowed", at);
      }
      if (c >= ESCAPED_MIN && c <= ESCAPED_MAX) {
        out.write(c - ESCAPE);
      } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw new InvalidPathException(text, "Surrogate without its other half", at);
      } else {
        out.writeBytes(Character.toString(c).getBytes(UTF_8));
      }
      at += Character.charCount(c);
    }
    return out.toByteArray();
  }
}
