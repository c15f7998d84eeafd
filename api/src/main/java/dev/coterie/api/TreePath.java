package dev.coterie.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A path as a program wrote it: bytes between slashes, held against no rule yet. {@link Tree}
 * refuses what no system call would take when the path is used.
 */
public final class TreePath {
  private final byte[] bytes;

  private TreePath(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The path with these bytes; the array is copied. */
  public static TreePath of(byte[] bytes) {
    return new TreePath(bytes.clone());
  }

  /** The path with this text, in UTF-8. */
  public static TreePath of(String text) {
    return new TreePath(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The path of an entry of this directory. */
  public TreePath resolve(Name name) {
    byte[] entry = name.toBytes();
    boolean slash = bytes.length > 0 && bytes[bytes.length - 1] != '/';
    byte[] joined = Arrays.copyOf(bytes, bytes.length + (slash ? 1 : 0) + entry.length);
    if (slash) {
      joined[bytes.length] = '/';
    }
    System.arraycopy(entry, 0, joined, joined.length - entry.length, entry.length);
    return new TreePath(joined);
  }

  /** The last name, without slashes behind it; empty for the root. */
  public Name lastName() {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == '/') {
      end--;
    }
    int start = end;
    while (start > 0 && bytes[start - 1] != '/') {
      start--;
    }
    return Name.wrap(Arrays.copyOfRange(bytes, start, end));
  }

  /** The bytes, as a copy. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /**
   * The bytes themselves, not to be changed, once they may be used as a path: ENOENT empty ·
   * ENAMETOOLONG with its final NUL over {@link Limits#PATH_BYTES} · EINVAL a NUL inside, which
   * cannot reach the kernel. Source: path_resolution(7).
   */
  byte[] checked() throws ErrnoException {
    if (bytes.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (bytes.length >= Limits.PATH_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    for (byte b : bytes) {
      if (b == 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TreePath that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The text; bytes that are not UTF-8 are shown as the replacement character. */
  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
