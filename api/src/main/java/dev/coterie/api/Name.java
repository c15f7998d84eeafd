package dev.coterie.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The name of a directory entry or of an extended attribute: bytes without meaning, as on Linux.
 *
 * <p>A name from outside may be anything; {@link #requireEntry} holds it against the rules of a
 * directory entry.
 */
public final class Name implements Comparable<Name> {
  public static final Name DOT = of(".");
  public static final Name DOT_DOT = of("..");

  private final byte[] bytes;
  private final int hash;

  private Name(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /** The name with these bytes; the array is copied. */
  public static Name of(byte[] bytes) {
    return new Name(bytes.clone());
  }

  /** The name that takes over this array; the caller must not change it again. */
  public static Name wrap(byte[] bytes) {
    return new Name(bytes);
  }

  /** The name with this text, in UTF-8. */
  public static Name of(String text) {
    return new Name(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Holds the name against the rules of a directory entry.
   *
   * @throws ErrnoException ENOENT empty · ENAMETOOLONG over {@link Limits#NAME_BYTES} · EINVAL a
   *     NUL or a slash. Source: path_resolution(7); a NUL or a slash cannot reach the kernel in a
   *     name, so EINVAL is our own
   */
  public void requireEntry() throws ErrnoException {
    if (bytes.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (bytes.length > Limits.NAME_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    for (byte b : bytes) {
      if (b == 0 || b == '/') {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
  }

  /** Whether this is "." or "..". */
  public boolean isDots() {
    return equals(DOT) || equals(DOT_DOT);
  }

  public int length() {
    return bytes.length;
  }

  /** The bytes, as a copy. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** Copies the bytes into {@code destination} at its position. */
  public void putInto(java.nio.ByteBuffer destination) {
    destination.put(bytes);
  }

  /** Whether the name begins with these ASCII characters. */
  public boolean startsWith(String ascii) {
    if (bytes.length < ascii.length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (bytes[i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Name that && hash == that.hash && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public int compareTo(Name other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  /** The text; bytes that are not UTF-8 are shown as the replacement character. */
  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
