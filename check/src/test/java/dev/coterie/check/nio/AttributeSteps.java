package dev.coterie.check.nio;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Steps that read and set attributes. */
final class AttributeSteps {
  private AttributeSteps() {}

  static void addTo(FilesStep.Table table) {
    table.add(10, "readAttributes", AttributeSteps::basic);
    table.add(10, "readPosixAttributes", AttributeSteps::posix);
    table.add(15, "readNamed", AttributeSteps::named);
    table.add(5, "getAttribute", AttributeSteps::one);
    table.add(25, "setAttribute", AttributeSteps::set);
    table.add(5, "size", (w, d) -> AttributeSteps.sizeOfFile(d.path()));
    table.add(5, "getLastModifiedTime", AttributeSteps::modified);
    table.add(20, "setLastModifiedTime", (w, d) -> Files.setLastModifiedTime(d.path(), d.time()));
    table.add(15, "setTimes", AttributeSteps::setTimes);
    table.add(
        20,
        "setPosixFilePermissions",
        (w, d) -> Files.setPosixFilePermissions(d.path(), d.permissions()));
    table.add(
        8,
        "getPosixFilePermissions",
        (w, d) -> Files.getPosixFilePermissions(d.path(), d.linkOptions()));
    table.add(5, "getOwner", (w, d) -> Files.getOwner(d.path(), d.linkOptions()).getName());
    table.add(8, "setOwner", AttributeSteps::setOwner);
    table.add(25, "userDefined", AttributeSteps::user);
  }

  private static Object sizeOfFile(Path path) throws Exception {
    BasicFileAttributes read = Files.readAttributes(path, BasicFileAttributes.class);
    return read.isRegularFile() ? Files.size(path) : "no file";
  }

  private static Object basic(FilesWorld w, FilesDraw d) throws Exception {
    return shown(w, Files.readAttributes(d.path(), BasicFileAttributes.class, d.linkOptions()));
  }

  private static Object posix(FilesWorld w, FilesDraw d) throws Exception {
    PosixFileAttributes read =
        Files.readAttributes(d.path(), PosixFileAttributes.class, d.linkOptions());
    return List.of(
        shown(w, read), read.owner().getName(), read.group().getName(), read.permissions());
  }

  private static Object shown(FilesWorld w, BasicFileAttributes read) {
    return List.of(
        read.isRegularFile() ? read.size() : "-",
        read.isDirectory(),
        read.isSymbolicLink(),
        read.isOther(),
        read.fileKey() != null,
        w.show(read.lastModifiedTime()),
        w.show(read.lastAccessTime()),
        w.show(read.creationTime()));
  }

  private static Object named(FilesWorld w, FilesDraw d) throws Exception {
    String asked =
        d.one(
            "isDirectory,isOther",
            "posix:permissions,owner",
            "unix:mode,nlink,uid,gid,rdev",
            "owner:*",
            "basic:lastModifiedTime,isSymbolicLink",
            "unix:ctime",
            "user:*",
            "user:k,m",
            "nope:*",
            "basic:nope",
            "",
            "posix:");
    Map<String, Object> read = Files.readAttributes(d.path(), asked, d.linkOptions());
    return read;
  }

  private static @Nullable Object one(FilesWorld w, FilesDraw d) throws Exception {
    return Files.getAttribute(
        d.path(),
        d.one("isDirectory", "unix:mode", "posix:group", "*", "isDirectory,isOther", "user:k"),
        d.linkOptions());
  }

  private static Object set(FilesWorld w, FilesDraw d) throws Exception {
    Path path = d.path();
    LinkOption[] options = d.linkOptions();
    return switch (d.below(10)) {
      case 0 -> Files.setAttribute(path, "lastModifiedTime", d.time(), options);
      case 1 -> Files.setAttribute(path, "basic:lastAccessTime", d.time(), options);
      case 2 -> Files.setAttribute(path, "posix:permissions", d.permissions());
      case 3 -> Files.setAttribute(path, "unix:mode", d.below(010000));
      case 4 -> Files.setAttribute(path, "unix:gid", d.below(3), options);
      case 5 -> Files.setAttribute(path, "creationTime", d.time(), options);
      case 6 -> Files.setAttribute(path, "user:k", d.bytes());
      case 7 -> Files.setAttribute(path, "user:k", ByteBuffer.wrap(d.bytes()));
      case 8 -> Files.setAttribute(path, d.one("size", "nope:x", "isOther", "unix:ino"), 1L);
      default ->
          Files.setAttribute(
              path, d.one("lastModifiedTime", "posix:permissions", "unix:uid"), d.one("x", 7));
    };
  }

  private static Object modified(FilesWorld w, FilesDraw d) throws Exception {
    return Files.getLastModifiedTime(d.path(), d.linkOptions());
  }

  private static @Nullable FileTime perhaps(FilesDraw d) {
    return d.once(3) ? null : d.time();
  }

  private static @Nullable Object setTimes(FilesWorld w, FilesDraw d) throws Exception {
    BasicFileAttributeView view =
        Files.getFileAttributeView(
            d.path(),
            d.one(List.of(BasicFileAttributeView.class, PosixFileAttributeView.class)).get(0),
            d.linkOptions());
    view.setTimes(perhaps(d), perhaps(d), perhaps(d));
    return null;
  }

  private static Object setOwner(FilesWorld w, FilesDraw d) throws Exception {
    var names = w.dir().getFileSystem().getUserPrincipalLookupService();
    return Files.setOwner(
        d.path(), names.lookupPrincipalByName(d.one("root", "daemon", "bin", "nobody-at-all")));
  }

  private static @Nullable Object user(FilesWorld w, FilesDraw d) throws Exception {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(d.path(), UserDefinedFileAttributeView.class, d.linkOptions());
    String name = d.one("k", "m", "\u00E9", "x".repeat(251), "");
    return switch (d.below(5)) {
      case 0 -> view.list().stream().sorted().toList();
      case 1 -> view.size(name);
      case 2 -> {
        ByteBuffer buffer = ByteBuffer.allocate(d.below(60));
        yield List.of(view.read(name, buffer), buffer.array());
      }
      case 3 -> {
        ByteBuffer buffer = ByteBuffer.wrap(d.bytes());
        buffer.limit(Math.min(buffer.limit(), 100));
        yield view.write(name, buffer);
      }
      default -> {
        view.delete(name);
        yield null;
      }
    };
  }
}
