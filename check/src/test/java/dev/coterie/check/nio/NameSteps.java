package dev.coterie.check.nio;

import java.nio.file.AccessMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Steps that make, move, remove and find names. */
final class NameSteps {
  private NameSteps() {}

  static void addTo(FilesStep.Table table) {
    table.add(20, "createFile", (w, d) -> Files.createFile(d.path(), d.attributes()));
    table.add(40, "createDirectory", (w, d) -> Files.createDirectory(d.path(), d.attributes()));
    table.add(15, "createDirectories", (w, d) -> Files.createDirectories(d.path(), d.attributes()));
    table.add(6, "createTempFile", NameSteps::createTempFile);
    table.add(4, "createTempDirectory", NameSteps::createTempDirectory);
    table.add(
        30, "createSymbolicLink", (w, d) -> Files.createSymbolicLink(d.path(), d.linkTarget()));
    table.add(20, "createLink", (w, d) -> Files.createLink(d.path(), d.path()));
    table.add(15, "readSymbolicLink", (w, d) -> Files.readSymbolicLink(d.path()));
    table.add(
        25,
        "delete",
        (w, d) -> {
          Files.delete(d.path());
          return null;
        });
    table.add(15, "deleteIfExists", (w, d) -> Files.deleteIfExists(d.path()));
    table.add(40, "copy", (w, d) -> Files.copy(d.path(), d.path(), d.copyOptions()));
    table.add(40, "move", (w, d) -> Files.move(d.path(), d.path(), d.copyOptions()));
    table.add(5, "exists", (w, d) -> Files.exists(d.path(), d.linkOptions()));
    table.add(5, "notExists", (w, d) -> Files.notExists(d.path(), d.linkOptions()));
    table.add(5, "isDirectory", (w, d) -> Files.isDirectory(d.path(), d.linkOptions()));
    table.add(5, "isRegularFile", (w, d) -> Files.isRegularFile(d.path(), d.linkOptions()));
    table.add(5, "isSymbolicLink", (w, d) -> Files.isSymbolicLink(d.path()));
    table.add(5, "isHidden", (w, d) -> Files.isHidden(d.path()));
    table.add(5, "isReadable", (w, d) -> Files.isReadable(d.path()));
    table.add(5, "isWritable", (w, d) -> Files.isWritable(d.path()));
    table.add(5, "isExecutable", (w, d) -> Files.isExecutable(d.path()));
    table.add(6, "checkAccess", NameSteps::checkAccess);
    table.add(10, "isSameFile", (w, d) -> Files.isSameFile(d.path(), d.path()));
    table.add(15, "toRealPath", (w, d) -> d.path().toRealPath(d.linkOptions()));
    table.add(3, "toUri", (w, d) -> d.path().toUri().getRawPath().endsWith("/"));
    table.add(3, "getFileStore", (w, d) -> Files.getFileStore(d.path()).isReadOnly());
  }

  private static @Nullable Object checkAccess(FilesWorld w, FilesDraw d) throws Exception {
    AccessMode mode = d.one(AccessMode.values());
    Path path = d.path();
    path.getFileSystem().provider().checkAccess(path, mode);
    return null;
  }

  /** {@link FilesDifference#TEMPORARY_FILES_OF_OTHERS}. */
  private static FileAttribute<?> mode(FilesDraw d) {
    return PosixFilePermissions.asFileAttribute(d.permissions());
  }

  /** Its name is a random one, so it goes again. */
  private static Object createTempFile(FilesWorld w, FilesDraw d) throws Exception {
    Path made = Files.createTempFile(d.path(), "t", d.one(".x", ""), mode(d));
    Object seen = Files.getPosixFilePermissions(made);
    Files.delete(made);
    return seen;
  }

  private static Object createTempDirectory(FilesWorld w, FilesDraw d) throws Exception {
    Path made = Files.createTempDirectory(d.path(), "t", mode(d));
    Object seen = Files.getPosixFilePermissions(made);
    Files.delete(made);
    return seen;
  }
}
