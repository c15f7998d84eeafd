package dev.coterie.check.nio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A directory in which steps are made, and what they have left open; and how answers read in it, so
 * that those of two worlds can be compared.
 */
final class FilesWorld implements AutoCloseable {
  /** Times after this second are the present, and before the far future all look the same. */
  static final long PRESENT = 1_500_000_000;

  private static final long FUTURE = 4_000_000_000L;

  /** Open files and directories that steps have: few, so that they are met again. */
  static final int SLOTS = 3;

  /** A name that createTempFile made up. */
  private static final Pattern TEMPORARY = Pattern.compile("/t[0-9]{6,}");

  private final Path dir; // two levels down, so that ".." of it is a directory of this world
  private List<String> known = List.of();
  private final @Nullable FileChannel[] channels = new @Nullable FileChannel[SLOTS];
  private final @Nullable SecureDirectoryStream<Path>[] streams;

  /** Makes the directory in one that is empty. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  FilesWorld(Path base) throws IOException {
    dir = Files.createDirectories(base.resolve("a-world/of-files"));
    streams = new @Nullable SecureDirectoryStream[SLOTS];
    Files.createDirectories(dir.resolve("d/e"));
    Files.createDirectory(dir.resolve("b"));
    for (String name : List.of("a", "b/c", "d/a", "d/e/b")) {
      Files.writeString(dir.resolve(name), name.repeat(9));
    }
    Files.createSymbolicLink(dir.resolve("c"), dir.getFileSystem().getPath("d"));
    Files.createSymbolicLink(dir.resolve("e"), dir.getFileSystem().getPath("b/c"));
    look();
  }

  Path dir() {
    return dir;
  }

  /** Names that were there when it was last looked at: the same in both worlds. */
  List<String> known() {
    return known;
  }

  // ---- what is open ----

  @Nullable FileChannel channel(int slot) {
    return channels[slot];
  }

  void keep(int slot, FileChannel channel) throws IOException {
    FileChannel before = channels[slot];
    channels[slot] = channel;
    if (before != null) {
      before.close();
    }
  }

  @Nullable SecureDirectoryStream<Path> stream(int slot) {
    return streams[slot];
  }

  void keep(int slot, SecureDirectoryStream<Path> stream) throws IOException {
    SecureDirectoryStream<Path> before = streams[slot];
    streams[slot] = stream;
    if (before != null) {
      before.close();
    }
  }

  @Override
  public void close() throws IOException {
    for (int slot = 0; slot < SLOTS; slot++) {
      FileChannel channel = channels[slot];
      SecureDirectoryStream<Path> stream = streams[slot];
      if (channel != null) {
        channel.close();
      }
      if (stream != null) {
        stream.close();
      }
    }
  }

  // ---- answers ----

  /** Runs a step; its answer as text. */
  String run(FilesStep step, FilesDraw draw) {
    try {
      return show(step.call().run(this, draw));
    } catch (Exception e) {
      return failure(e);
    }
  }

  /** By its type and files; what the JDK says in words too, where it is that of the kernel. */
  String failure(@Nullable Throwable e) {
    if (e instanceof UncheckedIOException || e instanceof DirectoryIteratorException) {
      return e.getClass().getSimpleName() + " of " + failure(e.getCause());
    }
    if (e instanceof FileSystemException f) {
      return "%s(%s, %s)"
          .formatted(e.getClass().getSimpleName(), show(f.getFile()), show(f.getOtherFile()));
    }
    return e == null ? "nothing" : e.getClass().getSimpleName();
  }

  /** A value without what is of this world alone. */
  String show(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case FileTime time -> show(time);
      case byte[] bytes -> show(bytes);
      case Path path -> show(path.toString());
      case Map<?, ?> map -> {
        Map<String, String> shown = new TreeMap<>();
        map.forEach((key, of) -> shown.put(String.valueOf(key), show(of)));
        yield shown.toString();
      }
      case Collection<?> all -> all.stream().map(this::show).toList().toString();
      default -> {
        String text = String.valueOf(value).replace(dir.toString(), "$");
        Path parent = dir.getParent();
        text = parent == null ? text : text.replace(parent.toString(), "$$");
        yield TEMPORARY.matcher(text).replaceAll("/t-random");
      }
    };
  }

  private static String show(byte[] bytes) {
    if (bytes.length <= 40) {
      return new String(bytes, ISO_8859_1);
    }
    CRC32 sum = new CRC32();
    sum.update(bytes);
    return bytes.length + " bytes, " + Long.toHexString(sum.getValue());
  }

  private static String show(FileTime time) {
    long second = time.to(TimeUnit.SECONDS);
    return second > PRESENT && second < FUTURE ? "now" : time.toString();
  }

  // ---- all there is ----

  /** Every file with all that can be said of it but its own number. */
  Map<String, String> look() throws IOException {
    Map<String, String> seen = new TreeMap<>();
    Map<Object, String> names = new LinkedHashMap<>();
    List<Path> left = new ArrayList<>(List.of(dir));
    while (!left.isEmpty()) {
      Path path = left.removeLast();
      Map<String, Object> all =
          new LinkedHashMap<>(Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS));
      String name = show(path);
      // The first of several names of one file stands for its identity.
      all.put("same", names.computeIfAbsent(all.remove("fileKey"), key -> name));
      all.keySet().removeAll(List.of("ino", "dev"));
      if (Files.isSymbolicLink(path)) {
        all.put("target", Files.readSymbolicLink(path));
        all.remove("size"); // of an absolute target it is that of this world
      } else if (Files.isDirectory(path)) {
        all.remove("size");
        try (var entries = Files.list(path)) {
          left.addAll(entries.sorted().toList());
        }
      } else if (Files.isRegularFile(path)) {
        all.put("content", Files.readAllBytes(path));
      }
      seen.put(name, show(all));
    }
    known =
        seen.keySet().stream()
            .filter(name -> name.length() > 2)
            .map(name -> name.substring(2))
            .toList();
    return seen;
  }
}
