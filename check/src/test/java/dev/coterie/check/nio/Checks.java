package dev.coterie.check.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What each check starts with: a fresh, empty directory of the file system under test. */
interface Checks {
  Path dir();

  default Path path(String name) {
    return dir().resolve(name);
  }

  /** A file with this content. */
  default Path file(String name, String content) throws IOException {
    return Files.writeString(path(name), content);
  }

  default Path directory(String name) throws IOException {
    return Files.createDirectory(path(name));
  }

  /** A symbolic link with this text as its target. */
  default Path link(String name, String target) throws IOException {
    return Files.createSymbolicLink(path(name), dir().getFileSystem().getPath(target));
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** What stands before the buffer's position. */
  static String text(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
