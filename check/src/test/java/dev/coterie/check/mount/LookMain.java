package dev.coterie.check.mount;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * A process that does to a directory what it is told, one line each, and answers each with a line
 * when its call has returned. The directory is a path of the machine, or a URI of the provider.
 */
final class LookMain {
  private final Path folder;

  private LookMain(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException {
    Path folder =
        args[0].startsWith("coterie:")
            ? FileSystems.newFileSystem(URI.create(args[0]), Map.of()).getPath("/")
            : Path.of(args[0]);
    LookMain look = new LookMain(folder);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(look.act(line.split(" ", -1)));
    }
  }

  private String act(String[] words) throws IOException {
    Path first = words.length > 1 ? folder.resolve(words[1]) : folder;
    switch (words[0]) {
      case "create" -> Files.createFile(first);
      case "write" -> Files.writeString(first, words[2]);
      case "append" -> Files.writeString(first, words[2], StandardOpenOption.APPEND);
      case "rename" -> Files.move(first, folder.resolve(words[2]), StandardCopyOption.ATOMIC_MOVE);
      case "truncate" -> {
        try (var channel = Files.newByteChannel(first, StandardOpenOption.WRITE)) {
          channel.truncate(Long.parseLong(words[2]));
        }
      }
      case "remove" -> Files.delete(first);
      case "look" -> {
        return look(first) + " " + list();
      }
      case "log" -> log(first, words[2], Integer.parseInt(words[3]));
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "done";
  }

  /** Size by stat, and what reading finds; {@code -} for both when the file is not there. */
  private static String look(Path file) throws IOException {
    String size;
    String content;
    try {
      size = Long.toString(Files.size(file));
    } catch (NoSuchFileException e) {
      size = "-";
    }
    try {
      content = "=" + Files.readString(file);
    } catch (NoSuchFileException e) {
      content = "-";
    }
    return size + " " + content;
  }

  private Set<String> list() throws IOException {
    TreeSet<String> names = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      entries.forEach(path -> names.add(String.valueOf(path.getFileName())));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return names;
  }

  /**
   * Appends that many records of one writer, one write each: {@code writer number padding CRC}.
   * Some are longer than a page, or than what a pipe writes in one piece.
   */
  private static void log(Path file, String writer, int records) throws IOException {
    try (var channel =
        Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int i = 0; i < records; i++) {
        String padding = "x".repeat(i % 16 == 0 ? 20_000 : i % 199);
        String text = "%s %08d %s".formatted(writer, i, padding);
        byte[] record = "%s %s%n".formatted(text, crc(text)).getBytes(StandardCharsets.US_ASCII);
        if (channel.write(java.nio.ByteBuffer.wrap(record)) != record.length) {
          throw new IOException("a short write");
        }
      }
    }
  }

  static String crc(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return "%08x".formatted(crc.getValue());
  }
}
