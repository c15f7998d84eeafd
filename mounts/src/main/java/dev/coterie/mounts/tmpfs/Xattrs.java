package dev.coterie.mounts.tmpfs;

import dev.coterie.api.Name;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The extended attributes of one inode: few, so arrays sorted by name, backwards as the kernel's
 * tmpfs lists them.
 *
 * <p>Concurrency: all fields are guarded by the inode's operation lock, shared to look and
 * exclusive to change.
 */
final class Xattrs {
  /**
   * What an attribute counts for beside its name and value, in bytes. Source: fs/xattr.c,
   * simple_xattr_space.
   */
  private static final int ENTRY_BYTES = 40;

  private static final byte[] EMPTY = {};

  private Name[] names = {};
  private byte[][] values = {};

  /** Of all names, with the NUL that listxattr(2) puts behind each. */
  private int nameBytes;

  /** What an attribute takes of the space for inodes, in bytes. */
  static long space(Name name, byte[] value) {
    return (long) ENTRY_BYTES + name.length() + value.length;
  }

  /** What all attributes take. */
  long space() {
    long space = 0;
    for (int i = 0; i < names.length; i++) {
      space += space(names[i], values[i]);
    }
    return space;
  }

  int nameBytes() {
    return nameBytes;
  }

  boolean isEmpty() {
    return names.length == 0;
  }

  byte @Nullable [] get(Name name) {
    int index = find(name);
    return index < 0 ? null : values[index].clone();
  }

  /** What this attribute takes; 0 when there is none. */
  long spaceOf(Name name) {
    int index = find(name);
    return index < 0 ? 0 : space(name, values[index]);
  }

  List<Name> list() {
    return new ArrayList<>(Arrays.asList(names));
  }

  void put(Name name, byte[] value) {
    byte[] kept = value.length == 0 ? EMPTY : value.clone();
    int index = find(name);
    if (index >= 0) {
      values[index] = kept;
      return;
    }
    int at = -index - 1;
    names = Arrays.copyOf(names, names.length + 1);
    values = Arrays.copyOf(values, names.length);
    System.arraycopy(names, at, names, at + 1, names.length - at - 1);
    System.arraycopy(values, at, values, at + 1, names.length - at - 1);
    names[at] = name;
    values[at] = kept;
    nameBytes += name.length() + 1;
  }

  /** Removes an attribute; false when there is none. */
  boolean remove(Name name) {
    int at = find(name);
    if (at < 0) {
      return false;
    }
    System.arraycopy(names, at + 1, names, at, names.length - at - 1);
    System.arraycopy(values, at + 1, values, at, names.length - at - 1);
    names = Arrays.copyOf(names, names.length - 1);
    values = Arrays.copyOf(values, names.length);
    nameBytes -= name.length() + 1;
    return true;
  }

  private int find(Name name) {
    return Arrays.binarySearch(names, name, (a, b) -> b.compareTo(a));
  }
}
