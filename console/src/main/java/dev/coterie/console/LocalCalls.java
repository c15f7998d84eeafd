package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Timestamp;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.DirectoryCalls;
import dev.coterie.sys.HostFlags;
import dev.coterie.sys.InodeCalls;
import java.util.ArrayList;
import java.util.List;

/**
 * What the JDK cannot do with this machine's files, or not exactly: extended attributes with names
 * of any bytes, targets of symbolic links as they were written, FIFOs, sockets and devices. Needs
 * Linux 5.6.
 */
final class LocalCalls {
  /** A descriptor that says where a file is. */
  private record Spot(int fd) implements AutoCloseable {
    static Spot of(String path, int flags) throws ErrnoException {
      return new Spot(DirectoryCalls.openPath(ByteText.bytes(path), flags | HostFlags.O_PATH));
    }

    /** The directory in which a path's last name is or will be. */
    static Spot parentOf(String path) throws ErrnoException {
      int end = path.lastIndexOf(ByteText.lastName(path));
      return of(end == 0 ? "." : path.substring(0, end), OpenFlags.O_DIRECTORY);
    }

    @Override
    public void close() {
      DescriptorCalls.close(fd);
    }
  }

  private LocalCalls() {}

  private static Name name(String path) throws ErrnoException {
    Name name = Name.wrap(ByteText.bytes(ByteText.lastName(path)));
    name.requireEntry();
    return name;
  }

  static String readlink(String path) throws ErrnoException {
    try (Spot spot = Spot.of(path, OpenFlags.O_NOFOLLOW)) {
      return ByteText.of(InodeCalls.readlink(spot.fd()));
    }
  }

  static void symlink(String target, String path) throws ErrnoException {
    Name name = name(path);
    try (Spot parent = Spot.parentOf(path)) {
      DirectoryCalls.symlinkat(ByteText.bytes(target), parent.fd(), name);
    }
  }

  static void mknod(String path, int mode, long rdev) throws ErrnoException {
    Name name = name(path);
    try (Spot parent = Spot.parentOf(path)) {
      DirectoryCalls.mknodat(parent.fd(), name, mode, rdev);
    }
  }

  /** Of the file itself, which is not opened. */
  static void utimens(String path, Timestamp atime, Timestamp mtime) throws ErrnoException {
    try (Spot spot = Spot.of(path, OpenFlags.O_NOFOLLOW)) {
      InodeCalls.utimens(spot.fd(), new SetAttr.Time.At(atime), new SetAttr.Time.At(mtime));
    }
  }

  static List<Side.Attribute> attributes(String path) throws ErrnoException {
    List<Side.Attribute> found = new ArrayList<>();
    try (Spot spot = Spot.of(path, 0)) {
      for (Name name : InodeCalls.listxattr(spot.fd())) {
        if (name.startsWith(Side.USER)) {
          found.add(new Side.Attribute(name, InodeCalls.getxattr(spot.fd(), name)));
        }
      }
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
    return found;
  }

  static void setAttribute(String path, Side.Attribute attribute) throws ErrnoException {
    try (Spot spot = Spot.of(path, 0)) {
      InodeCalls.setxattr(spot.fd(), attribute.name(), attribute.value(), 0);
    }
  }
}
