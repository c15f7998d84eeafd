package dev.coterie.check.nio;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Steps that list and walk directories, and that work below open ones. Entries are sorted. */
final class DirectorySteps {
  private DirectorySteps() {}

  static void addTo(FilesStep.Table table) {
    table.add(15, "list", DirectorySteps::list);
    table.add(10, "newDirectoryStream", DirectorySteps::glob);
    table.add(8, "walk", DirectorySteps::walk);
    table.add(5, "find", DirectorySteps::find);
    table.add(8, "walkFileTree", DirectorySteps::visit);
    table.add(15, "openDirectory", DirectorySteps::open);
    table.add(60, "belowOpenDirectory", DirectorySteps::below);
  }

  private static Object list(FilesWorld w, FilesDraw d) throws Exception {
    try (Stream<Path> entries = Files.list(d.path())) {
      return entries.sorted().toList();
    }
  }

  private static Object glob(FilesWorld w, FilesDraw d) throws Exception {
    String pattern = d.one("*", "[a-c]*", "{d,e}", "?", "[", "a\\");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(d.path(), pattern)) {
      return StreamSupport.stream(entries.spliterator(), false).sorted().toList();
    }
  }

  private static Object walk(FilesWorld w, FilesDraw d) throws Exception {
    // FilesDifference.ORDER_OF_ENTRIES
    try (Stream<Path> all = Files.walk(d.path(), 1 + d.below(4))) {
      return all.sorted().toList();
    }
  }

  private static Object find(FilesWorld w, FilesDraw d) throws Exception {
    try (Stream<Path> all = Files.find(d.path(), 3, (path, of) -> of.isRegularFile())) {
      return all.sorted().toList();
    }
  }

  private static Object visit(FilesWorld w, FilesDraw d) throws Exception {
    List<String> seen = new ArrayList<>();
    FileVisitor<Path> visitor =
        new FileVisitor<>() {
          private FileVisitResult saw(String what, Path path, @Nullable IOException failure) {
            seen.add(what + " " + w.show(path) + (failure == null ? "" : " " + w.failure(failure)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes of) {
            return saw("into", path, null);
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes of) {
            return saw(of.isSymbolicLink() ? "link" : "file", path, null);
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException failure) {
            return saw("failed", path, failure);
          }

          @Override
          public FileVisitResult postVisitDirectory(Path path, @Nullable IOException failure) {
            return saw("out of", path, failure);
          }
        };
    Set<FileVisitOption> options = Set.of(d.visitOptions());
    Files.walkFileTree(d.path(), options, 1 + d.below(4), visitor);
    return seen.stream().sorted().toList();
  }

  // ---- open directories ----

  @SuppressWarnings("StreamResourceLeak") // the world keeps it, and closes it
  private static Object open(FilesWorld w, FilesDraw d) throws Exception {
    int slot = d.below(FilesWorld.SLOTS);
    w.keep(slot, (SecureDirectoryStream<Path>) Files.newDirectoryStream(d.path()));
    return "opened";
  }

  private static @Nullable Object below(FilesWorld w, FilesDraw d) throws Exception {
    SecureDirectoryStream<Path> here = w.stream(d.below(FilesWorld.SLOTS));
    if (here == null) {
      return "not open";
    }
    switch (d.below(9)) {
      case 0 -> {
        return StreamSupport.stream(here.spliterator(), false).sorted().toList();
      }
      case 1 -> {
        here.deleteFile(d.relative());
        return null;
      }
      case 2 -> {
        here.deleteDirectory(d.relative());
        return null;
      }
      case 3 -> {
        return move(w, d, here);
      }
      case 4 -> {
        try (SeekableByteChannel channel =
            here.newByteChannel(d.relative(), d.openOptions(), d.attributes())) {
          return channel.write(ByteBuffer.wrap(d.one("x", "yz").getBytes(US_ASCII)));
        }
      }
      case 5 -> {
        int slot = d.below(FilesWorld.SLOTS);
        w.keep(slot, here.newDirectoryStream(d.relative(), d.linkOptions()));
        return "opened";
      }
      case 6 -> {
        return attributes(w, d, here);
      }
      case 7 -> {
        PosixFileAttributeView itself = here.getFileAttributeView(PosixFileAttributeView.class);
        itself.setPermissions(d.permissions());
        return itself.readAttributes().permissions();
      }
      default -> {
        if (d.once(4)) {
          here.close();
        }
        return "perhaps closed";
      }
    }
  }

  private static @Nullable Object move(FilesWorld w, FilesDraw d, SecureDirectoryStream<Path> here)
      throws Exception {
    SecureDirectoryStream<Path> there = w.stream(d.below(FilesWorld.SLOTS));
    if (there == null) {
      return "not open";
    }
    here.move(d.relative(), there, d.relative());
    return null;
  }

  private static Object attributes(FilesWorld w, FilesDraw d, SecureDirectoryStream<Path> here)
      throws Exception {
    Path path = d.relative();
    BasicFileAttributeView view =
        here.getFileAttributeView(path, BasicFileAttributeView.class, d.linkOptions());
    // FilesDifference.TIMES_OF_A_LINK_BELOW
    if (d.once(2) && !view.readAttributes().isSymbolicLink()) {
      view.setTimes(d.time(), null, null);
    }
    BasicFileAttributes read = view.readAttributes();
    return List.of(read.isDirectory(), read.isSymbolicLink(), w.show(read.lastModifiedTime()));
  }
}
