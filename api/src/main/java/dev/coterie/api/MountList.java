package dev.coterie.api;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * How a leader tells where its mounts are: as the value of an extended attribute that only the
 * tree's root has. So no message is needed for it, and Linux's own client can ask too. Everybody
 * may read it, as {@code /proc/mounts}; it cannot be set and is not listed. The value is the
 * absolute paths, shorter ones first, each with a NUL behind it.
 */
public final class MountList {
  public static final Name ATTRIBUTE = Name.of("system.coterie.mounts");

  private MountList() {}

  /** ERANGE: longer than the value of an attribute can be, {@link Limits#XATTR_VALUE_BYTES}. */
  public static byte[] valueOf(Collection<TreePath> paths) throws ErrnoException {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    for (TreePath path : paths) {
      value.writeBytes(path.toBytes());
      value.write(0);
    }
    if (value.size() > Limits.XATTR_VALUE_BYTES) {
      throw new ErrnoException(Errno.ERANGE);
    }
    return value.toByteArray();
  }

  /** The paths in a value. */
  public static List<TreePath> of(byte[] value) {
    List<TreePath> paths = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < value.length; i++) {
      if (value[i] == 0) {
        paths.add(TreePath.wrap(Arrays.copyOfRange(value, start, i)));
        start = i + 1;
      }
    }
    return paths;
  }
}
