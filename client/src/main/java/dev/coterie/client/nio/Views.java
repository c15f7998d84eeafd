package dev.coterie.client.nio;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Timestamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The attribute views of a file. */
final class Views {
  private static final String USER_PREFIX = "user.";

  private Views() {}

  /** The view of a class; null if there is no such view. */
  static <V extends FileAttributeView> @Nullable V of(Place place, Class<V> type) {
    Objects.requireNonNull(type);
    FileAttributeView view = null;
    if (type == BasicFileAttributeView.class) {
      view = new Basic(place);
    } else if (type == PosixFileAttributeView.class) {
      view = new Posix(place);
    } else if (type == FileOwnerAttributeView.class) {
      view = new Owner(place);
    } else if (type == UserDefinedFileAttributeView.class) {
      view = new User(place);
    }
    return view == null ? null : type.cast(view);
  }

  private static CoterieAttributes read(Place place) throws IOException {
    try {
      return new CoterieAttributes(place.stat(), place.shown().getFileSystem());
    } catch (ErrnoException e) {
      throw place.isByPath() ? Failures.ofMissing(e, place.shown()) : Failures.of(e, place.shown());
    }
  }

  private static void change(Place place, SetAttr change) throws IOException {
    try {
      place.set(change);
    } catch (ErrnoException e) {
      throw Failures.of(e, place.shown());
    }
  }

  /** Mode, owner and group, as the "unix" view sets them too; -1 leaves an id as it is. */
  static void setMode(Place place, int mode) throws IOException {
    change(place, SetAttr.ofMode(mode & Mode.PERMISSIONS));
  }

  static void setOwner(Place place, int uid, int gid) throws IOException {
    change(place, SetAttr.ofOwner(uid, gid));
  }

  static void setTimes(Place place, @Nullable FileTime modified, @Nullable FileTime accessed)
      throws IOException {
    if (modified != null || accessed != null) {
      change(place, SetAttr.ofTimes(time(accessed), time(modified)));
    }
  }

  private static SetAttr.@Nullable Time time(@Nullable FileTime time) {
    return time == null ? null : new SetAttr.Time.At(Timestamp.of(time.toInstant()));
  }

  /** Times and what kind of file it is. */
  static class Basic implements BasicFileAttributeView {
    final Place place;

    Basic(Place place) {
      this.place = place;
    }

    @Override
    public String name() {
      return "basic";
    }

    @Override
    public CoterieAttributes readAttributes() throws IOException {
      return read(place);
    }

    /** The time of creation cannot be changed, and is left as it is. */
    @Override
    public void setTimes(
        @Nullable FileTime lastModifiedTime,
        @Nullable FileTime lastAccessTime,
        @Nullable FileTime createTime)
        throws IOException {
      Views.setTimes(place, lastModifiedTime, lastAccessTime);
    }
  }

  /** Owner, group and permissions too. */
  static final class Posix extends Basic implements PosixFileAttributeView {
    Posix(Place place) {
      super(place);
    }

    @Override
    public String name() {
      return "posix";
    }

    @Override
    public UserPrincipal getOwner() throws IOException {
      return readAttributes().owner();
    }

    @Override
    public void setOwner(UserPrincipal owner) throws IOException {
      Views.setOwner(place, Principals.uid(owner), -1);
    }

    @Override
    public void setGroup(GroupPrincipal group) throws IOException {
      Views.setOwner(place, -1, Principals.gid(group));
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
      Views.setMode(place, Options.mode(permissions));
    }
  }

  /** The owner alone. */
  record Owner(Place place) implements FileOwnerAttributeView {
    @Override
    public String name() {
      return "owner";
    }

    @Override
    public UserPrincipal getOwner() throws IOException {
      return read(place).owner();
    }

    @Override
    public void setOwner(UserPrincipal owner) throws IOException {
      Views.setOwner(place, Principals.uid(owner), -1);
    }
  }

  /** Extended attributes {@code user.*}. Source: xattr(7). */
  record User(Place place) implements UserDefinedFileAttributeView {
    @Override
    public String name() {
      return "user";
    }

    @Override
    public List<String> list() throws IOException {
      List<String> names = new ArrayList<>();
      try {
        for (Name name : xattrs().list()) {
          if (name.startsWith(USER_PREFIX)) {
            names.add(PathText.decode(name.toBytes()).substring(USER_PREFIX.length()));
          }
        }
      } catch (ErrnoException e) {
        throw failure("list extended attributes", e);
      }
      return List.copyOf(names);
    }

    byte[] get(String name) throws IOException {
      try {
        return xattrs().get(xattr(name));
      } catch (ErrnoException e) {
        throw failure("read extended attribute '" + name + "'", e);
      }
    }

    @Override
    public int size(String name) throws IOException {
      return get(name).length;
    }

    @Override
    public int read(String name, ByteBuffer destination) throws IOException {
      if (destination.isReadOnly()) {
        throw new IllegalArgumentException("Read-only buffer");
      }
      byte[] value = get(name);
      if (value.length > destination.remaining()) {
        throw failure("read extended attribute '" + name + "'", "Insufficient space in buffer");
      }
      destination.put(value);
      return value.length;
    }

    @Override
    public int write(String name, ByteBuffer source) throws IOException {
      byte[] value = new byte[source.remaining()];
      source.get(source.position(), value);
      try {
        xattrs().set(xattr(name), value);
      } catch (ErrnoException e) {
        throw failure("write extended attribute '" + name + "'", e);
      }
      source.position(source.limit());
      return value.length;
    }

    @Override
    public void delete(String name) throws IOException {
      try {
        xattrs().remove(xattr(name));
      } catch (ErrnoException e) {
        throw failure("delete extended attribute '" + name + "'", e);
      }
    }

    /** ELOOP a link itself, which has no attributes of users. */
    private Place.Xattrs xattrs() throws ErrnoException {
      if (!place.follow() && place.stat().isSymlink()) {
        throw new ErrnoException(Errno.ELOOP);
      }
      return place.xattrs();
    }

    /** What is wrong with the file comes before what is wrong with the name. */
    private Name xattr(String name) throws IOException, ErrnoException {
      Name xattr = Name.wrap(PathText.encode(USER_PREFIX + name));
      if (xattr.length() > Limits.XATTR_NAME_BYTES) {
        place.stat();
        throw failure("use extended attribute '" + name + "'", "its name is too long");
      }
      return xattr;
    }

    /** What concerns the file is told as ever; what concerns the attribute, in words. */
    private IOException failure(String attempted, ErrnoException e) {
      return switch (e.errno()) {
        case ENOENT, ENOTDIR, EACCES, ELOOP, EINTR -> Failures.of(e, place.shown());
        default -> failure(attempted, Failures.reason(e));
      };
    }

    private IOException failure(String attempted, String reason) {
      return new FileSystemException(
          place.shown().toString(), null, "could not " + attempted + ": " + reason);
    }
  }
}
