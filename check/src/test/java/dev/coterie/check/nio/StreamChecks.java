package dev.coterie.check.nio;

import static dev.coterie.check.nio.Checks.bytes;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.ClosedDirectoryStreamException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@link DirectoryStream} and {@link SecureDirectoryStream}. */
interface StreamChecks extends Checks {

  private Set<String> names(DirectoryStream<Path> stream) {
    Set<String> names = new TreeSet<>();
    for (Path entry : stream) {
      assertThat(names.add(String.valueOf(entry.getFileName()))).as("once: %s", entry).isTrue();
    }
    return names;
  }

  /** One that is not closed where it was opened. */
  private DirectoryStream<Path> open(Path directory) throws IOException {
    return directory.getFileSystem().provider().newDirectoryStream(directory, entry -> true);
  }

  // ---- entries ----

  @Test
  default void stream_entries_areBelowThePathAsGiven() throws IOException {
    directory("d");
    file("d/f", "");
    link("l", "d");
    try (var stream = Files.newDirectoryStream(path("l"))) {
      assertThat(stream).containsExactly(path("l/f"));
    }
    try (var stream = Files.newDirectoryStream(path("d/../l/."))) {
      assertThat(stream).containsExactly(path("d/../l/./f"));
    }
  }

  @Test
  default void stream_manyEntries_areGivenOnceEach() throws IOException {
    Set<String> made = new TreeSet<>();
    for (int i = 0; i < 2500; i++) {
      String name = "a name of some length, so that several answers are needed: " + i;
      Files.createFile(path(name));
      made.add(name);
    }
    try (var stream = Files.newDirectoryStream(dir())) {
      assertThat(names(stream)).isEqualTo(made);
    }
  }

  @Test
  default void stream_changesMeanwhile_leaveTheOthers() throws IOException {
    Set<String> kept = new TreeSet<>();
    for (int i = 0; i < 1000; i++) {
      Files.createFile(path("some name that is kept or goes " + i));
      if (i % 2 == 0) {
        kept.add("some name that is kept or goes " + i);
      }
    }
    try (var stream = Files.newDirectoryStream(dir())) {
      Iterator<Path> entries = stream.iterator();
      List<String> seen = new ArrayList<>(List.of(String.valueOf(entries.next().getFileName())));
      for (int i = 1; i < 1000; i += 2) {
        Files.delete(path("some name that is kept or goes " + i));
        Files.createFile(path("new " + i));
      }
      entries.forEachRemaining(entry -> seen.add(String.valueOf(entry.getFileName())));
      assertThat(seen).doesNotHaveDuplicates().containsAll(kept);
    }
  }

  @Test
  default void stream_glob_matchesNames() throws IOException {
    for (String name : new String[] {"a.txt", "b.txt", "c.java", ".hidden.txt", "[x]"}) {
      file(name, "");
    }
    try (var stream = Files.newDirectoryStream(dir(), "*.{txt,java}")) {
      assertThat(names(stream)).containsExactly(".hidden.txt", "a.txt", "b.txt", "c.java");
    }
    try (var stream = Files.newDirectoryStream(dir(), "\\[x\\]")) {
      assertThat(names(stream)).containsExactly("[x]");
    }
    assertThatThrownBy(() -> Files.newDirectoryStream(dir(), "{"))
        .isInstanceOf(java.util.regex.PatternSyntaxException.class);
  }

  @Test
  default void stream_filter_decidesAndMayFail() throws IOException {
    file("a", "");
    file("b", "");
    try (var stream = Files.newDirectoryStream(dir(), entry -> entry.endsWith("b"))) {
      assertThat(names(stream)).containsExactly("b");
    }
    DirectoryStream.Filter<Path> failing =
        entry -> {
          throw new IOException("no");
        };
    try (var stream = Files.newDirectoryStream(dir(), failing)) {
      assertThatThrownBy(() -> stream.iterator().hasNext())
          .isInstanceOf(DirectoryIteratorException.class)
          .hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  default void stream_ofWhatIsNoDirectory_isRefused() throws IOException {
    file("f", "");
    link("l", "f");
    assertThatThrownBy(() -> Files.newDirectoryStream(path("f")))
        .isInstanceOf(NotDirectoryException.class)
        .hasMessage(path("f").toString());
    assertThatThrownBy(() -> Files.newDirectoryStream(path("l")))
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> Files.newDirectoryStream(path("no")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void iterator_contract_isKept() throws IOException {
    file("a", "");
    try (var stream = Files.newDirectoryStream(dir())) {
      Iterator<Path> entries = stream.iterator();
      assertThatThrownBy(stream::iterator).isInstanceOf(IllegalStateException.class);
      assertThat(entries.next()).isEqualTo(path("a"));
      assertThatThrownBy(entries::remove).isInstanceOf(UnsupportedOperationException.class);
      assertThat(entries.hasNext()).isFalse();
      assertThat(entries.hasNext()).isFalse();
      assertThatThrownBy(entries::next).isInstanceOf(NoSuchElementException.class);
    }
    DirectoryStream<Path> closed = open(dir());
    closed.close();
    closed.close();
    assertThatThrownBy(closed::iterator).isInstanceOf(IllegalStateException.class);
  }

  @Test
  default void iterator_afterClosing_ends() throws IOException {
    for (int i = 0; i < 3000; i++) {
      Files.createFile(path("a name of some length, so that several answers are needed " + i));
    }
    DirectoryStream<Path> stream = open(dir());
    Iterator<Path> entries = stream.iterator();
    entries.next();
    stream.close();
    int more = 0;
    while (entries.hasNext()) { // "may return one or more elements", read before
      entries.next();
      more++;
    }
    assertThat(more).isLessThan(2999);
    assertThatThrownBy(entries::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  default void stream_ofRemovedDirectory_isEmpty() throws IOException {
    directory("d");
    try (var stream = Files.newDirectoryStream(path("d"))) {
      Files.delete(path("d"));
      assertThat(stream).isEmpty();
    }
  }

  // ---- relative to an open directory ----

  private SecureDirectoryStream<Path> secure(Path directory) throws IOException {
    return (SecureDirectoryStream<Path>) open(directory);
  }

  private Path name(String name) {
    return dir().getFileSystem().getPath(name);
  }

  @Test
  default void secure_movedDirectory_isStillTheOne() throws IOException {
    directory("d");
    file("d/f", "abc");
    try (var stream = secure(path("d"))) {
      Files.move(path("d"), path("elsewhere"));
      directory("d");
      file("d/f", "another");
      try (SeekableByteChannel channel = stream.newByteChannel(name("f"), Set.of(READ))) {
        assertThat(channel.size()).isEqualTo(3);
      }
      try (SeekableByteChannel made = stream.newByteChannel(name("g"), Set.of(WRITE, CREATE_NEW))) {
        made.write(bytes("xyz"));
      }
      assertThat(path("elsewhere/g")).hasContent("xyz");
      stream.deleteFile(name("f"));
      assertThat(path("elsewhere/f")).doesNotExist();
      assertThat(path("d/f")).hasContent("another");
      assertThat(stream).isNotEmpty();
    }
  }

  @Test
  default void secure_delete_eachKindByItsOwnCall() throws IOException {
    directory("d");
    directory("d/sub");
    file("d/sub/f", "");
    file("d/f", "");
    try (var stream = secure(path("d"))) {
      assertThatThrownBy(() -> stream.deleteFile(name("sub")))
          .isInstanceOf(FileSystemException.class);
      assertThatThrownBy(() -> stream.deleteDirectory(name("f")))
          .isInstanceOf(FileSystemException.class);
      assertThatThrownBy(() -> stream.deleteDirectory(name("sub")))
          .isInstanceOf(DirectoryNotEmptyException.class);
      assertThatThrownBy(() -> stream.deleteFile(name("no")))
          .isInstanceOf(NoSuchFileException.class);
      stream.deleteFile(name("f"));
      stream.deleteFile(name("sub/f"));
      stream.deleteDirectory(name("sub"));
    }
    assertThat(path("d")).isEmptyDirectory();
  }

  @Test
  default void secure_subdirectories_areOpenedOneByOne() throws IOException {
    directory("d");
    directory("d/e");
    file("d/e/f", "");
    link("d/l", "e");
    try (var stream = secure(path("d"));
        var inner = stream.newDirectoryStream(name("e"))) {
      Files.move(path("d"), path("x"));
      assertThat(inner).containsExactly(path("d/e/f"));
      assertThatThrownBy(() -> stream.newDirectoryStream(name("l"), NOFOLLOW_LINKS))
          .isInstanceOf(IOException.class);
      try (var linked = stream.newDirectoryStream(name("l"))) {
        assertThat(names(linked)).containsExactly("f");
      }
      assertThatThrownBy(() -> stream.newDirectoryStream(name("e/f")))
          .isInstanceOf(NotDirectoryException.class);
    }
  }

  @Test
  default void secure_move_betweenOpenDirectories() throws IOException {
    directory("a");
    directory("b");
    file("a/f", "abc");
    var b = secure(path("b"));
    try (var a = secure(path("a"))) {
      Files.move(path("b"), path("c"));
      a.move(name("f"), b, name("g"));
      assertThat(path("c/g")).hasContent("abc");
      assertThatThrownBy(() -> a.move(name("f"), b, name("h")))
          .isInstanceOf(NoSuchFileException.class);
      b.close();
      assertThatThrownBy(() -> a.move(name("f"), b, name("h")))
          .isInstanceOf(ClosedDirectoryStreamException.class);
    }
  }

  @Test
  default void secure_attributes_ofItselfAndOfEntries() throws IOException {
    directory("d");
    file("d/f", "abc");
    link("d/l", "f");
    FileTime when = FileTime.fromMillis(5_000);
    try (var stream = secure(path("d"))) {
      Files.move(path("d"), path("x"));
      var own = stream.getFileAttributeView(PosixFileAttributeView.class);
      own.setPermissions(PosixFilePermissions.fromString("rwx------"));
      own.setTimes(when, when, null);
      assertThat(own.readAttributes().isDirectory()).isTrue();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path("x"))))
          .isEqualTo("rwx------");
      assertThat(Files.getLastModifiedTime(path("x"))).isEqualTo(when);
      var f = stream.getFileAttributeView(name("f"), PosixFileAttributeView.class);
      assertThat(f.readAttributes().size()).isEqualTo(3);
      f.setTimes(when, null, null);
      assertThat(Files.getLastModifiedTime(path("x/f"))).isEqualTo(when);
      f.setPermissions(PosixFilePermissions.fromString("r--------"));
      assertThat(PosixFilePermissions.toString(f.readAttributes().permissions()))
          .isEqualTo("r--------");
      var link =
          stream.getFileAttributeView(name("l"), BasicFileAttributeView.class, NOFOLLOW_LINKS);
      assertThat(link.readAttributes().isSymbolicLink()).isTrue();
      assertThatThrownBy(() ->
              stream
                  .getFileAttributeView(name("no"), BasicFileAttributeView.class)
                  .readAttributes())
          .isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  default void secure_closed_everyCallSays() throws IOException {
    directory("d");
    file("d/f", "");
    var stream = secure(path("d"));
    var view = stream.getFileAttributeView(BasicFileAttributeView.class);
    stream.close();
    assertThatThrownBy(() -> stream.newByteChannel(name("f"), Set.of(READ)))
        .isInstanceOf(ClosedDirectoryStreamException.class);
    assertThatThrownBy(() -> stream.newDirectoryStream(name(".")))
        .isInstanceOf(ClosedDirectoryStreamException.class);
    assertThatThrownBy(() -> stream.deleteFile(name("f")))
        .isInstanceOf(ClosedDirectoryStreamException.class);
    assertThatThrownBy(() -> stream.deleteDirectory(name("f")))
        .isInstanceOf(ClosedDirectoryStreamException.class);
    assertThatThrownBy(view::readAttributes).isInstanceOf(ClosedDirectoryStreamException.class);
  }
}
