package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** Making, linking, removing and finding names. */
interface NameChecks extends Checks {

  // ---- directories ----

  @Test
  default void createDirectory_existing_isRefused() throws IOException {
    directory("d");
    file("f", "");
    link("l", "nowhere");
    for (String name : new String[] {"d", "f", "l", ".", "d/.."}) {
      assertThatThrownBy(() -> Files.createDirectory(path(name)))
          .as(name)
          .isInstanceOf(FileAlreadyExistsException.class)
          .hasMessage(path(name).toString());
    }
  }

  @Test
  default void createDirectory_noParent_isNoSuchFile() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> Files.createDirectory(path("no/d")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.createDirectory(path("f/d")))
        .isInstanceOf(FileSystemException.class);
  }

  @Test
  default void createDirectory_withPermissions_hasThem() throws IOException {
    var wanted = PosixFilePermissions.fromString("rwx------");
    Files.createDirectory(path("d"), PosixFilePermissions.asFileAttribute(wanted));
    assertThat(Files.getPosixFilePermissions(path("d"))).isEqualTo(wanted);
  }

  @Test
  default void createDirectories_someThere_makesTheRest() throws IOException {
    directory("a");
    assertThat(Files.createDirectories(path("a/b/c"))).isDirectory();
    assertThat(Files.createDirectories(path("a/b/c"))).isDirectory();
    link("l", "a");
    Files.createDirectories(path("l/x"));
    assertThat(path("a/x")).isDirectory();
    file("f", "");
    assertThatThrownBy(() -> Files.createDirectories(path("f")))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  default void createTemp_givesNamesOfTheirOwn() throws IOException {
    Path one = Files.createTempFile(dir(), "a", ".b");
    Path other = Files.createTempFile(dir(), "a", ".b");
    assertThat(one).isEmptyFile().isNotEqualTo(other);
    assertThat(Files.createTempDirectory(dir(), "d")).isDirectory();
  }

  // ---- removing ----

  @Test
  default void delete_eachKind_isGone() throws IOException {
    file("f", "abc");
    directory("d");
    link("l", "f");
    link("dangling", "nowhere");
    for (String name : new String[] {"l", "dangling", "d"}) {
      Files.delete(path(name));
      assertThat(Files.exists(path(name), LinkOption.NOFOLLOW_LINKS)).as(name).isFalse();
    }
    assertThat(path("f")).hasContent("abc");
    assertThat(Files.deleteIfExists(path("f"))).isTrue();
    assertThat(Files.deleteIfExists(path("f"))).isFalse();
  }

  @Test
  default void delete_missing_isNoSuchFile() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> Files.delete(path("no")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(path("no").toString());
    assertThatThrownBy(() -> Files.delete(path("f/x"))).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> Files.deleteIfExists(path("f/x")))
        .isInstanceOf(FileSystemException.class);
    assertThat(Files.deleteIfExists(path("no/x"))).isFalse();
  }

  @Test
  default void delete_notEmpty_isRefused() throws IOException {
    directory("d");
    file("d/f", "");
    assertThatThrownBy(() -> Files.delete(path("d")))
        .isInstanceOf(DirectoryNotEmptyException.class)
        .hasMessage(path("d").toString());
    assertThatThrownBy(() -> Files.deleteIfExists(path("d")))
        .isInstanceOf(DirectoryNotEmptyException.class);
    assertThat(path("d/f")).isEmptyFile();
  }

  // ---- symbolic links ----

  @Test
  default void symbolicLink_target_isKeptAsGiven() throws IOException {
    for (String target : new String[] {"f", "../x/./y", "/abs", "a b", "\u00E9\u4F60"}) {
      Path link = link("l", target);
      assertThat(Files.readSymbolicLink(link)).isEqualTo(dir().getFileSystem().getPath(target));
      assertThat(Files.isSymbolicLink(link)).isTrue();
      Files.delete(link);
    }
  }

  @Test
  default void symbolicLink_existing_isRefused() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> link("f", "g")).isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() ->
            Files.createSymbolicLink(
                path("l"),
                path("f"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(Files.exists(path("l"), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @Test
  default void readSymbolicLink_ofOthers_isRefused() throws IOException {
    file("f", "");
    assertThatThrownBy(() -> Files.readSymbolicLink(path("f")))
        .isInstanceOf(NotLinkException.class);
    assertThatThrownBy(() -> Files.readSymbolicLink(dir())).isInstanceOf(NotLinkException.class);
    assertThatThrownBy(() -> Files.readSymbolicLink(path("no")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void symbolicLinks_inAPath_areFollowed() throws IOException {
    directory("d");
    file("d/f", "abc");
    link("dl", "d");
    link("fl", "dl/f");
    link("d/up", "..");
    assertThat(path("dl/f")).hasContent("abc");
    assertThat(path("fl")).hasContent("abc");
    assertThat(path("d/up/dl/up/fl")).hasContent("abc");
    assertThat(Files.size(path("fl"))).isEqualTo(3);
  }

  @Test
  default void symbolicLinks_inARing_fail() throws IOException {
    link("a", "b");
    link("b", "a");
    assertThatThrownBy(() -> Files.size(path("a"))).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> Files.readString(path("a/x"))).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> path("a").toRealPath()).isInstanceOf(FileSystemException.class);
    assertThat(Files.exists(path("a"))).isFalse();
    assertThat(Files.notExists(path("a"))).isFalse();
    assertThat(Files.isSymbolicLink(path("a"))).isTrue();
  }

  @Test
  default void walk_followingARing_tells() throws IOException {
    directory("d");
    link("d/up", "..");
    assertThatThrownBy(
            () -> {
              try (var all = Files.walk(dir(), FileVisitOption.FOLLOW_LINKS)) {
                assertThat(all.count()).isPositive();
              }
            })
        .hasCauseInstanceOf(FileSystemLoopException.class);
  }

  // ---- hard links ----

  @Test
  default void hardLink_isTheSameFile() throws IOException {
    file("f", "abc");
    Files.createLink(path("g"), path("f"));
    Files.writeString(path("g"), "xyz");
    assertThat(path("f")).hasContent("xyz");
    assertThat(Files.isSameFile(path("f"), path("g"))).isTrue();
    Files.delete(path("f"));
    assertThat(path("g")).hasContent("xyz");
  }

  @Test
  default void hardLink_badArguments_areRefused() throws IOException {
    file("f", "");
    directory("d");
    assertThatThrownBy(() -> Files.createLink(path("f"), path("f")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> Files.createLink(path("g"), path("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.createLink(path("g"), path("d")))
        .isInstanceOf(FileSystemException.class);
  }

  // ---- finding ----

  @Test
  default void isSameFile_byIdentity() throws IOException {
    file("f", "");
    file("g", "");
    link("l", "f");
    directory("d");
    assertThat(Files.isSameFile(path("f"), path("d/../l"))).isTrue();
    assertThat(Files.isSameFile(path("f"), path("g"))).isFalse();
    assertThat(Files.isSameFile(path("no"), path("no"))).isTrue();
    assertThatThrownBy(() -> Files.isSameFile(path("f"), path("no")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void exists_eachKind_isSeen() throws IOException {
    file("f", "");
    link("l", "f");
    link("dangling", "nowhere");
    assertThat(Files.exists(path("f"))).isTrue();
    assertThat(Files.exists(path("l"))).isTrue();
    assertThat(Files.exists(path("dangling"))).isFalse();
    assertThat(Files.exists(path("dangling"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    assertThat(Files.exists(path("f/x"))).isFalse();
    assertThat(Files.notExists(path("no"))).isTrue();
    assertThat(Files.notExists(path("f"))).isFalse();
    assertThat(Files.isDirectory(dir())).isTrue();
    assertThat(Files.isDirectory(path("f/x"))).isFalse();
    assertThat(Files.isRegularFile(path("l"))).isTrue();
    assertThat(Files.isRegularFile(path("l"), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @Test
  default void isHidden_leadingDot() throws IOException {
    assertThat(Files.isHidden(path(".f"))).isTrue();
    assertThat(Files.isHidden(path("f"))).isFalse();
    assertThat(Files.isHidden(dir().getFileSystem().getPath("/"))).isFalse();
    assertThat(Files.isHidden(dir().getFileSystem().getPath(""))).isFalse();
  }

  @Test
  default void realPath_linksAndDots_areGone() throws IOException {
    Path real = dir().toRealPath();
    directory("d");
    file("d/f", "");
    link("l", "d/../d/./f");
    link("dl", "d");
    assertThat(path("l").toRealPath()).isEqualTo(real.resolve("d/f"));
    assertThat(path("dl/../dl/./f").toRealPath()).isEqualTo(real.resolve("d/f"));
    assertThat(path("d/..").toRealPath()).isEqualTo(real);
    assertThatThrownBy(() -> path("no").toRealPath()).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> path("d/f/..").toRealPath()).isInstanceOf(FileSystemException.class);
  }

  @Test
  default void realPath_noFollow_keepsLinks() throws IOException {
    Path real = dir().toRealPath();
    directory("d");
    link("l", "d");
    link("dangling", "nowhere");
    assertThat(real.resolve("./d/../l").toRealPath(LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(real.resolve("l"));
    assertThat(real.resolve("l/..").toRealPath(LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(real.resolve("l/.."));
    assertThat(real.resolve("dangling").toRealPath(LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(real.resolve("dangling"));
    assertThatThrownBy(() -> real.resolve("no").toRealPath(LinkOption.NOFOLLOW_LINKS))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void uri_ofDirectory_hasASlash() throws IOException {
    directory("d");
    file("f", "");
    assertThat(path("d").toUri().toString()).endsWith("/d/");
    assertThat(path("f").toUri().toString()).endsWith("/f");
    assertThat(Path.of(path("d").toUri())).isEqualTo(path("d").toAbsolutePath());
  }

  @Test
  default void names_anyBytes_areFoundAgain() throws IOException {
    for (String name : new String[] {"a b", " ", "-", "\\", "\u00E9", "%41", "a\nb", "...", "!"}) {
      Path made = Files.createFile(path(name));
      try (var entries = Files.list(dir())) {
        assertThat(entries.toList()).as(name).containsExactly(made);
      }
      assertThat(Path.of(made.toUri())).isEqualTo(made.toAbsolutePath());
      Files.delete(made);
    }
  }

  @Test
  default void names_tooLong_fail() {
    assertThatThrownBy(() -> file("x".repeat(256), "")).isInstanceOf(FileSystemException.class);
    assertThat(Files.exists(path("x".repeat(256)))).isFalse();
    assertThatThrownBy(() -> Files.size(path("x/".repeat(2050))))
        .isInstanceOf(FileSystemException.class);
  }

  @Test
  default void pathsOfOtherProviders_areRefused() {
    Path other = new OtherPath();
    assertThatThrownBy(() -> dir().getFileSystem().provider().delete(other))
        .isInstanceOf(ProviderMismatchException.class);
    assertThatThrownBy(() -> dir().resolve(other)).isInstanceOf(ProviderMismatchException.class);
  }
}
