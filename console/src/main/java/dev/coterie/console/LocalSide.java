package dev.coterie.console;

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

/**
 * This machine's files as one end of a copy. The JDK writes the target of a symbolic link in its
 * own form, without a slash at the end or two in a row.
 */
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
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public Info info(String path, boolean follow) throws IOException {
    Map<String, Object> found =
        Files.readAttributes(
            ByteText.local(path),
            "unix:mode,size,rdev,fileKey,lastAccessTime,lastModifiedTime",
            follow ? FOLLOW : ITSELF);
    return new Info(
        attribute(found, "fileKey", Object.class),
        attribute(found, "mode", Integer.class),
        attribute(found, "size", Long.class),
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
    return ByteText.local(Files.readSymbolicLink(ByteText.local(path)));
  }

  @Override
  public void symlink(String target, String path) throws IOException {
    Files.createSymbolicLink(ByteText.local(path), ByteText.local(target));
  }

  @Override
  public void mkdir(String path, int permissions) throws IOException {
    Files.createDirectory(ByteText.local(path), attribute(permissions | DIRECTORY_OWNER));
  }

  @Override
  public void mknod(String path, int mode, long rdev) throws IOException {
    throw new IOException("a " + StatCommand.typeOf(mode) + " is not copied to this machine");
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
  public void utimens(String path, Timestamp atime, Timestamp mtime) throws IOException {
    BasicFileAttributeView view =
        Files.getFileAttributeView(
            ByteText.local(path), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    view.setTimes(FileTime.from(mtime.toInstant()), FileTime.from(atime.toInstant()), null);
  }

  @Override
  public boolean isMissing(IOException cause) {
    return cause instanceof NoSuchFileException;
  }
}
