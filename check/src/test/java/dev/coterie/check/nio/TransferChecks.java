package dev.coterie.check.nio;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@code Files.copy} and {@code Files.move}. */
interface TransferChecks extends Checks {
  FileTime LONG_AGO = FileTime.fromMillis(1_000_000_123L);

  // ---- copy ----

  @Test
  default void copy_file_hasTheContent() throws IOException {
    byte[] content = new byte[(9 << 20) + 5]; // more than the leader copies at a time
    new Random(1).nextBytes(content);
    Files.write(path("f"), content);
    assertThat(Files.copy(path("f"), path("g"))).isEqualTo(path("g"));
    assertThat(Files.readAllBytes(path("g"))).isEqualTo(content);
    Files.writeString(path("f"), "changed");
    assertThat(Files.readAllBytes(path("g"))).isEqualTo(content);
  }

  @Test
  default void copy_existing_isRefusedUnlessReplaced() throws IOException {
    file("f", "abc");
    file("g", "xyz1");
    assertThatThrownBy(() -> Files.copy(path("f"), path("g")))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessage(path("g").toString());
    assertThat(path("g")).hasContent("xyz1");
    Files.copy(path("f"), path("g"), REPLACE_EXISTING);
    assertThat(path("g")).hasContent("abc");
  }

  @Test
  default void copy_ontoItself_doesNothing() throws IOException {
    file("f", "abc");
    Files.createLink(path("g"), path("f"));
    Files.copy(path("f"), path("f"));
    Files.copy(path("f"), path("g"), REPLACE_EXISTING);
    assertThat(path("f")).hasContent("abc");
    assertThat(Files.isSameFile(path("f"), path("g"))).isTrue();
  }

  @Test
  default void copy_missing_isNoSuchFile() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> Files.copy(path("no"), path("g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.copy(path("f/x"), path("g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.copy(path("f"), path("no/g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(path("g")).doesNotExist();
  }

  @Test
  default void copy_directory_isEmpty() throws IOException {
    directory("d");
    file("d/f", "abc");
    Files.copy(path("d"), path("e"));
    assertThat(path("e")).isEmptyDirectory();
    assertThatThrownBy(() -> Files.copy(path("e"), path("d"), REPLACE_EXISTING))
        .isInstanceOf(DirectoryNotEmptyException.class);
    Files.copy(path("d/f"), path("e"), REPLACE_EXISTING);
    assertThat(path("e")).hasContent("abc");
  }

  @Test
  default void copy_link_followsUnlessToldNot() throws IOException {
    file("f", "abc");
    link("l", "f");
    link("dangling", "nowhere");
    Files.copy(path("l"), path("g"));
    assertThat(Files.isSymbolicLink(path("g"))).isFalse();
    Files.copy(path("l"), path("h"), NOFOLLOW_LINKS);
    assertThat(Files.readSymbolicLink(path("h"))).hasToString("f");
    Files.copy(path("dangling"), path("i"), NOFOLLOW_LINKS, COPY_ATTRIBUTES);
    assertThat(Files.readSymbolicLink(path("i"))).hasToString("nowhere");
    assertThatThrownBy(() -> Files.copy(path("dangling"), path("j")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.copy(path("f"), path("dangling")))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  default void copy_attributes_comeAlongWhenAsked() throws IOException {
    file("f", "abc");
    directory("d");
    for (String name : new String[] {"f", "d"}) {
      Files.setPosixFilePermissions(path(name), PosixFilePermissions.fromString("rwxr-x---"));
      Files.setLastModifiedTime(path(name), LONG_AGO);
      Files.copy(path(name), path(name + "1"), COPY_ATTRIBUTES);
      Files.copy(path(name), path(name + "2"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path(name + "1"))))
          .isEqualTo("rwxr-x---");
      assertThat(Files.getLastModifiedTime(path(name + "1"))).isEqualTo(LONG_AGO);
      assertThat(Files.getLastModifiedTime(path(name + "2"))).isNotEqualTo(LONG_AGO);
    }
  }

  @Test
  default void copy_attributes_ofTheUserToo() throws IOException {
    file("f", "abc");
    var view = Files.getFileAttributeView(path("f"), UserDefinedFileAttributeView.class);
    view.write("mark", ByteBuffer.wrap(new byte[] {1, 2, 3}));
    Files.copy(path("f"), path("g"), COPY_ATTRIBUTES);
    assertThat((byte[]) Files.getAttribute(path("g"), "user:mark")).containsExactly(1, 2, 3);
  }

  @Test
  default void copy_unknownOption_isRefused() throws IOException {
    file("f", "abc");
    assertThatThrownBy(() -> Files.copy(path("f"), path("g"), ATOMIC_MOVE))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> Files.move(path("f"), path("g"), COPY_ATTRIBUTES))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  // ---- move ----

  @Test
  default void move_file_keepsItsIdentity() throws IOException {
    file("f", "abc");
    Object key = Files.readAttributes(path("f"), BasicFileAttributes.class).fileKey();
    assertThat(Files.move(path("f"), path("g"))).isEqualTo(path("g"));
    assertThat(path("f")).doesNotExist();
    assertThat(path("g")).hasContent("abc");
    assertThat(Files.readAttributes(path("g"), BasicFileAttributes.class).fileKey()).isEqualTo(key);
  }

  @Test
  default void move_directory_takesItsEntriesAlong() throws IOException {
    directory("d");
    directory("d/e");
    file("d/e/f", "abc");
    Files.move(path("d"), path("x"));
    assertThat(path("x/e/f")).hasContent("abc");
    assertThat(path("d")).doesNotExist();
  }

  @Test
  default void move_existing_isRefusedUnlessReplaced() throws IOException {
    file("f", "abc");
    file("g", "xyz");
    directory("full");
    file("full/x", "");
    directory("empty");
    assertThatThrownBy(() -> Files.move(path("f"), path("g")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> Files.move(path("f"), path("full"), REPLACE_EXISTING))
        .isInstanceOf(DirectoryNotEmptyException.class)
        .hasMessage(path("full").toString());
    assertThat(path("f")).hasContent("abc");
    Files.move(path("f"), path("g"), REPLACE_EXISTING);
    assertThat(path("g")).hasContent("abc");
    Files.move(path("g"), path("empty"), REPLACE_EXISTING);
    assertThat(path("empty")).hasContent("abc");
  }

  @Test
  default void move_atomic_replacesWhatIsThere() throws IOException {
    file("f", "abc");
    file("g", "xyz");
    Files.move(path("f"), path("g"), ATOMIC_MOVE);
    assertThat(path("g")).hasContent("abc");
    assertThat(path("f")).doesNotExist();
    directory("full");
    file("full/x", "");
    directory("d");
    assertThatThrownBy(() -> Files.move(path("d"), path("full"), ATOMIC_MOVE))
        .isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> Files.move(path("no"), path("h"), ATOMIC_MOVE))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void move_link_movesTheLink() throws IOException {
    file("f", "abc");
    link("l", "f");
    Files.move(path("l"), path("m"));
    assertThat(Files.readSymbolicLink(path("m"))).hasToString("f");
    assertThat(path("f")).hasContent("abc");
  }

  @Test
  default void move_intoItself_fails() throws IOException {
    directory("d");
    assertThatThrownBy(() -> Files.move(path("d"), path("d/e")))
        .isInstanceOf(FileSystemException.class);
    assertThat(path("d")).isEmptyDirectory();
  }

  @Test
  default void move_ontoItself_doesNothing() throws IOException {
    file("f", "abc");
    Files.createLink(path("g"), path("f"));
    Files.move(path("f"), path("f"));
    Files.move(path("f"), path("g"));
    assertThat(path("f")).hasContent("abc");
    assertThat(path("g")).hasContent("abc");
  }

  @Test
  default void move_missing_isNoSuchFile() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> Files.move(path("no"), path("g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.move(path("f/x"), path("g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.move(path("f"), path("no/g")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(path("f")).exists();
  }

  /** From and to the JDK's own provider, by {@code Files} itself. */
  @Test
  default void copyAndMove_betweenProviders_work() throws IOException {
    Path outside = Files.createTempDirectory("coterie-nio-");
    try {
      file("f", "abc");
      Files.copy(path("f"), outside.resolve("f"));
      assertThat(outside.resolve("f")).hasContent("abc");
      Files.move(outside.resolve("f"), path("g"));
      assertThat(path("g")).hasContent("abc");
      assertThat(outside).isEmptyDirectory();
    } finally {
      Files.deleteIfExists(outside.resolve("f"));
      Files.delete(outside);
    }
  }
}
