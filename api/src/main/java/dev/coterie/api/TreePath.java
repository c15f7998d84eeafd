package dev.coterie.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A path as a program wrote it: bytes between slashes, held against no rule yet. {@link Tree}
 * refuses what no system call would take when the path is used.
 *
 * <p>Immutable. What is between the slashes is taken apart once, when the path is first used.
 */
public final class TreePath {
  private final byte[] bytes;
  private @Nullable Parts parts; // made from bytes on first use; two threads may both make it

  private TreePath(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The path with these bytes; the array is copied. */
  public static TreePath of(byte[] bytes) {
    return new TreePath(bytes.clone());
  }

  /** The path that takes over this array; the caller must not change it again. */
  public static TreePath wrap(byte[] bytes) {
    return new TreePath(bytes);
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
   * A path taken apart.
   *
   * @param absolute whether it begins with a slash
   * @param names the components, "." and ".." among them; none of the root
   * @param slashes whether slashes follow the last name
   * @param climbs whether a name is ".."
   */
  record Parts(boolean absolute, List<Name> names, boolean slashes, boolean climbs) {
    static Parts of(byte[] bytes) {
      List<Name> names = new ArrayList<>();
      boolean climbs = false;
      int at = 0;
      while (at < bytes.length) {
        int start = at;
        while (at < bytes.length && bytes[at] != '/') {
          at++;
        }
        if (at > start) {
          Name name = Name.wrap(Arrays.copyOfRange(bytes, start, at));
          climbs |= name.equals(Name.DOT_DOT);
          names.add(name);
        }
        at++;
      }
      boolean absolute = bytes.length > 0 && bytes[0] == '/';
      boolean slashes = !names.isEmpty() && bytes[bytes.length - 1] == '/';
      return new Parts(absolute, List.copyOf(names), slashes, climbs);
    }
  }

  /**
   * The parts, once the bytes may be used as a path: ENOENT empty · ENAMETOOLONG with its final NUL
   * over {@link Limits#PATH_BYTES} · EINVAL a NUL inside, which cannot reach the kernel. Source:
   * path_resolution(7).
   */
  Parts checked() throws ErrnoException {
    Parts known = parts;
    if (known != null) {
      return known;
    }
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
    known = Parts.of(bytes);
    parts = known;
    return known;
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
