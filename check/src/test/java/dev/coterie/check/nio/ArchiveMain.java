package dev.coterie.check.nio;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.examples.Archiver;
import org.apache.commons.compress.archivers.examples.CloseableConsumer;
import org.apache.commons.compress.archivers.examples.Expander;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Apache Commons Compress on a tree, as a process: it packs and unpacks as its lines have it. Each
 * question is answered with its own first word.
 */
final class ArchiveMain {
  private final Path root;

  private ArchiveMain(Path root) {
    this.root = root;
  }

  /** Argument: the URI of the tree. */
  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (FileSystem tree = FileSystems.newFileSystem(URI.create(args[0]), Map.of())) {
      ArchiveMain main = new ArchiveMain(tree.getPath("/"));
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        System.out.println(words[0] + " " + main.answer(words));
      }
    }
  }

  private String answer(String[] words) throws IOException {
    Path one = root.resolve(words[1]);
    Path other = root.resolve(words[words.length - 1]);
    switch (words[0]) {
      case "make" -> make(one, words[2].equals("links"));
      case "tar" -> tar(one, other);
      case "untar" -> untar(one, other);
      case "zip" -> zip(one, other);
      case "unzip" -> unzip(one, other);
      case "archive" -> archive(one, other);
      case "expand" -> expand(one, other);
      case "look" -> {
        return look(one, true);
      }
      case "content" -> {
        return look(one, false);
      }
      default -> throw new IOException("what is " + words[0] + "?");
    }
    return "done";
  }

  // ---- a tree ----

  /** Files of many sizes, directories, perhaps links; each with its own mode and time. */
  private static void make(Path dir, boolean links) throws IOException {
    Random random = new Random(1);
    Files.createDirectory(dir);
    List<Path> directories = new ArrayList<>(List.of(dir));
    for (int i = 0; i < 60; i++) {
      Path parent = directories.get(random.nextInt(directories.size()));
      if (i % 6 == 0) {
        directories.add(Files.createDirectory(parent.resolve("directory \u00E9 " + i)));
        continue;
      }
      byte[] content = new byte[i % 10 == 9 ? 700_000 + i : random.nextInt(9_000)];
      random.nextBytes(content);
      Path file = Files.write(parent.resolve("file-" + "n".repeat(3 * i) + i), content);
      if (links && i % 5 == 0) {
        Files.createSymbolicLink(parent.resolve("link" + i), file.getFileName());
      }
    }
    for (Path path : below(dir).reversed()) {
      int mode = (Files.isDirectory(path) ? 0700 : 0400) | random.nextInt(0200);
      // To a tenth of a microsecond: no finer times are in a zip.
      Instant time =
          Instant.ofEpochSecond(random.nextInt(2_000_000_000), random.nextInt(10_000_000) * 100L);
      set(path, mode, FileTime.from(time));
    }
  }

  /** All that is below a directory, and no link followed; each directory before what it holds. */
  private static List<Path> below(Path dir) throws IOException {
    try (Stream<Path> all = Files.walk(dir)) {
      return all.filter(path -> !path.equals(dir)).sorted().toList();
    }
  }

  private static void set(Path path, int mode, FileTime time) throws IOException {
    if (!Files.isSymbolicLink(path)) {
      Files.setAttribute(path, "unix:mode", mode);
      Files.setLastModifiedTime(path, time);
    }
  }

  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
  }

  private static FileTime time(Path path) throws IOException {
    return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Number of files and a sum of all of them: names, contents, and perhaps modes and times. */
  private static String look(Path dir, boolean attributes) throws IOException {
    CRC32 sum = new CRC32();
    List<Path> all = below(dir);
    for (Path path : all) {
      StringBuilder line = new StringBuilder(dir.relativize(path).toString());
      boolean link = Files.isSymbolicLink(path);
      if (attributes && !link) {
        line.append(' ').append(mode(path)).append(' ').append(time(path).toInstant());
      }
      sum.update(line.toString().getBytes(StandardCharsets.UTF_8));
      if (link) {
        sum.update(Files.readSymbolicLink(path).toString().getBytes(StandardCharsets.UTF_8));
      } else if (Files.isRegularFile(path)) {
        sum.update(Files.readAllBytes(path));
      }
    }
    return all.size() + " " + sum.getValue();
  }

  // ---- tar ----

  private static void tar(Path dir, Path archive) throws IOException {
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(new BufferedOutputStream(Files.newOutputStream(archive)))) {
      out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      out.setAddPaxHeadersForNonAsciiNames(true);
      for (Path path : below(dir)) {
        String name = dir.relativize(path).toString();
        boolean link = Files.isSymbolicLink(path);
        TarArchiveEntry entry =
            link
                ? new TarArchiveEntry(name, TarConstants.LF_SYMLINK)
                : new TarArchiveEntry(path, name);
        if (link) {
          entry.setLinkName(Files.readSymbolicLink(path).toString());
        }
        entry.setMode(mode(path));
        entry.setLastModifiedTime(time(path));
        out.putArchiveEntry(entry);
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          Files.copy(path, out);
        }
        out.closeArchiveEntry();
      }
    }
  }

  private static void untar(Path archive, Path dir) throws IOException {
    Files.createDirectory(dir);
    try (TarFile tar = new TarFile(archive)) {
      for (TarArchiveEntry entry : tar.getEntries()) {
        Path path = dir.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectory(path);
        } else if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(path, path.getFileSystem().getPath(entry.getLinkName()));
        } else {
          try (InputStream in = tar.getInputStream(entry)) {
            Files.copy(in, path);
          }
        }
      }
      // What is put into a directory marks it.
      for (TarArchiveEntry entry : tar.getEntries().reversed()) {
        set(dir.resolve(entry.getName()), entry.getMode() & 07777, entry.getLastModifiedTime());
      }
    }
  }

  // ---- zip ----

  private static void zip(Path dir, Path archive) throws IOException {
    try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(archive)) {
      for (Path path : below(dir)) {
        boolean link = Files.isSymbolicLink(path);
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        ZipArchiveEntry entry = new ZipArchiveEntry(dir.relativize(path) + (directory ? "/" : ""));
        entry.setUnixMode(mode(path));
        entry.setLastModifiedTime(time(path));
        out.putArchiveEntry(entry);
        if (link) {
          out.write(Files.readSymbolicLink(path).toString().getBytes(StandardCharsets.UTF_8));
        } else if (!directory) {
          Files.copy(path, out);
        }
        out.closeArchiveEntry();
      }
    }
  }

  private static void unzip(Path archive, Path dir) throws IOException {
    Files.createDirectory(dir);
    try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
      List<ZipArchiveEntry> entries = new ArrayList<>();
      zip.getEntriesInPhysicalOrder().asIterator().forEachRemaining(entries::add);
      for (ZipArchiveEntry entry : entries) {
        Path path = dir.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectory(path);
        } else if (entry.isUnixSymlink()) {
          String target = zip.getUnixSymlink(entry);
          Files.createSymbolicLink(path, path.getFileSystem().getPath(target));
        } else {
          try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, path);
          }
        }
      }
      for (ZipArchiveEntry entry : entries.reversed()) {
        set(dir.resolve(entry.getName()), entry.getUnixMode() & 07777, entry.getLastModifiedTime());
      }
    }
  }

  // ---- what the library itself makes of a directory ----

  private static void archive(Path dir, Path archive) throws IOException {
    try (SeekableByteChannel out =
        Files.newByteChannel(archive, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      new Archiver().create("zip", out, dir);
    } catch (org.apache.commons.compress.archivers.ArchiveException e) {
      throw new IOException(e);
    }
  }

  private static void expand(Path archive, Path dir) throws IOException {
    Files.createDirectory(dir);
    try (SeekableByteChannel in = Files.newByteChannel(archive)) {
      new Expander().expand("zip", in, dir, CloseableConsumer.NULL_CONSUMER);
    } catch (org.apache.commons.compress.archivers.ArchiveException e) {
      throw new IOException(e);
    }
  }
}
