package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Timestamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** This machine's files as one end of a copy: by the JDK, and by {@link LocalCalls}. */
final class LocalSide implements Side {
  private static final LinkOption[] FOLLOW = {};
  private static final LinkOption[] ITSELF = {LinkOption.NOFOLLOW_LINKS};
  private static final int DIRECTORY_OWNER = 0700;

  private record ChannelContent(FileChannel channel) implements Content {
    @Override
    public int read(ByteBuffer destination, long offset) throws IOException {
      return Math.max(0, channel.read(destination, offset));
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
      long at = offset;
      while (source.hasRemaining()) {
        at += channel.write(source, at);
      }
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    /** The JDK has no call for it but a write of the last byte, which takes one block. */
    @Override
    public void extend(long size) throws IOException {
      if (channel.size() < size) {
        write(ByteBuffer.allocate(1), size - 1);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public boolean knowsHoles() {
    return false;
  }

  @Override
  public Info info(String path, boolean follow) throws IOException {
    Map<String, Object> found =
        Files.readAttributes(
            ByteText.local(path),
            "unix:mode,nlink,uid,gid,size,rdev,fileKey,lastAccessTime,lastModifiedTime",
            follow ? FOLLOW : ITSELF);
    return new Info(
        attribute(found, "fileKey", Object.class),
        attribute(found, "mode", Integer.class),
        attribute(found, "nlink", Integer.class),
        attribute(found, "uid", Integer.class),
        attribute(found, "gid", Integer.class),
        attribute(found, "size", Long.class),
        false, // the JDK does not say
        attribute(found, "rdev", Long.class),
        timestamp(attribute(found, "lastAccessTime", FileTime.class)),
        timestamp(attribute(found, "lastModifiedTime", FileTime.class)));
  }

  private static <T> T attribute(Map<String, Object> found, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(found.get(name)));
  }

  private static Timestamp timestamp(FileTime time) {
    return Timestamp.of(time.toInstant());
  }

  @Override
  public List<String> list(String path) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(ByteText.local(path))) {
      for (Path entry : entries) {
        names.add(ByteText.lastName(ByteText.local(entry)));
      }
    }
    return names;
  }

  @Override
  public Content open(String path) throws IOException {
    return new ChannelContent(FileChannel.open(ByteText.local(path), StandardOpenOption.READ));
  }

  @Override
  public Content create(String path, int permissions) throws IOException {
    return new ChannelContent(
        FileChannel.open(
            ByteText.local(path),
            Set.of(
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING),
            attribute(permissions)));
  }

  private static FileAttribute<Set<PosixFilePermission>> attribute(int permissions) {
    String text = Mode.toText(permissions & 0777).substring(1); // without the type
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  @Override
  public String readlink(String path) throws IOException {
    String target = ByteText.local(Files.readSymbolicLink(ByteText.local(path)));
    // The JDK leaves out slashes at the end or in a row; the length in the inode tells.
    Object length = Files.getAttribute(ByteText.local(path), "size", ITSELF);
    return length.equals((long) target.length()) ? target : LocalCalls.readlink(path);
  }

  @Override
  public void symlink(String target, String path) throws IOException {
    Path plain = ByteText.local(target);
    if (ByteText.local(plain).equals(target)) {
      Files.createSymbolicLink(ByteText.local(path), plain);
    } else {
      LocalCalls.symlink(target, path);
    }
  }

  @Override
  public void link(String path, String newPath) throws IOException {
    Files.createLink(ByteText.local(newPath), ByteText.local(path));
  }

  @Override
  public void mkdir(String path, int permissions) throws IOException {
    Files.createDirectory(ByteText.local(path), attribute(permissions | DIRECTORY_OWNER));
  }

  @Override
  public void mknod(String path, int mode, long rdev) throws IOException {
    LocalCalls.mknod(path, mode, rdev);
  }

  @Override
  public void unlink(String path) throws IOException {
    Files.delete(ByteText.local(path));
  }

  @Override
  public void chmod(String path, int permissions) throws IOException {
    Files.setAttribute(ByteText.local(path), "unix:mode", permissions & Mode.PERMISSIONS);
  }

  @Override
  public void chown(String path, int uid, int gid, boolean follow) throws IOException {
    LinkOption[] options = follow ? FOLLOW : ITSELF;
    if (uid != -1) {
      Files.setAttribute(ByteText.local(path), "unix:uid", uid, options);
    }
    if (gid != -1) {
      Files.setAttribute(ByteText.local(path), "unix:gid", gid, options);
    }
  }

  @Override
  public void utimens(String path, Timestamp atime, Timestamp mtime, boolean follow)
      throws IOException {
    if (!follow && !Files.isSymbolicLink(ByteText.local(path))) {
      LocalCalls.utimens(path, atime, mtime); // the JDK would open a FIFO, and wait
      return;
    }
    BasicFileAttributeView view =
        Files.getFileAttributeView(
            ByteText.local(path), BasicFileAttributeView.class, follow ? FOLLOW : ITSELF);
    view.setTimes(FileTime.from(mtime.toInstant()), FileTime.from(atime.toInstant()), null);
  }

  @Override
  public List<Attribute> attributes(String path) throws IOException {
    return LocalCalls.attributes(path);
  }

  @Override
  public void setAttribute(String path, Attribute attribute) throws IOException {
    LocalCalls.setAttribute(path, attribute);
  }

  @Override
  public boolean isMissing(IOException cause) {
    return cause instanceof NoSuchFileException
        || (cause instanceof ErrnoException e && e.errno() == Errno.ENOENT);
  }
}
