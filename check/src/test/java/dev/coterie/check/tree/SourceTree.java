package dev.coterie.check.tree;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A tree of real sources, with what archives of sources lack: further names of files, symbolic
 * links, modes, holes, times to the nanosecond.
 *
 * @param what where it is from
 * @param root its directory
 */
record SourceTree(String what, Path root) {
  /** Hard link, symbolic link and mode for one file in so many. */
  private static final int EVERY = 40;

  private static final int SPARSE_BYTES = 512 << 10;

  /** Some 2,000 files of the JDK's own sources, from all its modules. */
  static SourceTree ofJdk(Path folder) throws IOException {
    Path zip = Path.of(System.getProperty("java.home"), "lib", "src.zip");
    HostTools.require(Files.isRegularFile(zip), "this JDK has no lib/src.zip");
    Path root = Files.createDirectory(folder.resolve("jdk"));
    try (ZipFile archive = new ZipFile(zip.toFile())) {
      List<ZipEntry> files = new ArrayList<>();
      archive.stream().filter(entry -> !entry.isDirectory()).forEach(files::add);
      files.sort(Comparator.comparing(ZipEntry::getName));
      int step = Math.max(1, files.size() / 2000);
      for (int i = 0; i < files.size(); i += step) {
        Path target = root.resolve(files.get(i).getName()).normalize();
        Files.createDirectories(target.resolveSibling(".").normalize());
        try (InputStream in = archive.getInputStream(files.get(i))) {
          Files.copy(in, target);
        }
      }
    }
    return new SourceTree("the JDK's own sources, in part", root).decorated();
  }

  /** Linux's sources as Debian packages them: some 78,000 files. Fetched once, and kept. */
  static SourceTree ofLinux(Path folder) throws IOException {
    for (String tool : new String[] {"apt-get", "dpkg-deb", "tar", "xz"}) {
      HostTools.requireTool(tool, tool.equals("apt-get") ? "apt" : tool);
    }
    Path unpacked = folder.resolve("unpacked");
    HostTools.run("dpkg-deb", "-x", fetched().toString(), unpacked.toString());
    Path root = Files.createDirectory(folder.resolve("linux"));
    HostTools.run(
        "tar",
        "-xJf",
        unpacked + "/usr/src/linux-source-6.1.tar.xz",
        "--strip-components=1",
        "-C",
        root.toString());
    return new SourceTree("Linux 6.1 of Debian's linux-source-6.1", root).decorated();
  }

  private static Path fetched() throws IOException {
    String named = System.getenv("XDG_CACHE_HOME");
    Path caches =
        named == null || named.isEmpty()
            ? Path.of(System.getProperty("user.home", "/"), ".cache")
            : Path.of(named);
    Path cache = Files.createDirectories(caches.resolve("coterie/source"));
    if (packages(cache).isEmpty()) {
      Process process =
          new ProcessBuilder(
                  "apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "linux-source-6.1")
              .directory(cache.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      HostTools.require(
          !packages(cache).isEmpty(), "linux-source-6.1 cannot be downloaded: " + said.strip());
    }
    return packages(cache).getFirst();
  }

  private static List<Path> packages(Path cache) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.filter(file -> file.toString().endsWith("_all.deb")).toList();
    }
  }

  /** The entries of the root in so many parts, with about as many files in each. */
  List<List<Path>> parts(int count) throws IOException {
    List<List<Path>> parts = new ArrayList<>();
    long[] files = new long[count];
    for (int i = 0; i < count; i++) {
      parts.add(new ArrayList<>());
    }
    Map<Long, List<Path>> bySize = new TreeMap<>(Collections.reverseOrder());
    for (Path entry : entries(root)) {
      try (Stream<Path> below = Files.walk(entry)) {
        bySize.computeIfAbsent(below.count(), size -> new ArrayList<>()).add(entry);
      }
    }
    bySize.forEach((size, entries) -> {
      for (Path entry : entries) {
        int least = 0;
        for (int i = 1; i < count; i++) {
          least = files[i] < files[least] ? i : least;
        }
        files[least] += size;
        parts.get(least).add(entry);
      }
    });
    return parts;
  }

  private static List<Path> entries(Path dir) throws IOException {
    try (Stream<Path> entries = Files.list(dir)) {
      return entries.sorted().toList();
    }
  }

  private SourceTree decorated() throws IOException {
    for (Path entry : entries(root)) {
      if (Files.isDirectory(entry)) {
        decorate(entry);
      }
    }
    return this;
  }

  private static void decorate(Path top) throws IOException {
    List<Path> files;
    try (Stream<Path> below = Files.walk(top)) {
      files = below.filter(Files::isRegularFile).sorted().toList();
    }
    Path names = Files.createDirectories(top.resolve("further names"));
    for (int i = 0; i < files.size(); i += EVERY) {
      Path file = files.get(i);
      // Outside of its directory and in it, so that either can come first.
      Files.createLink(names.resolve("hard " + i), file);
      Files.createLink(file.resolveSibling("~ " + file.getFileName()), file);
      Files.createSymbolicLink(
          file.resolveSibling(file.getFileName() + " link"), Path.of("../" + file.getFileName()));
      Files.setPosixFilePermissions(
          file, PosixFilePermissions.fromString(i % 80 == 0 ? "r-xr-x---" : "rwxrwxrwx"));
      Files.setLastModifiedTime(
          file, FileTime.from(Instant.ofEpochSecond(1_000_000_000L + i, 123_456_789)));
    }
    try (FileChannel sparse =
        FileChannel.open(
            top.resolve("sparse"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      sparse.write(ByteBuffer.wrap(new byte[] {1}), SPARSE_BYTES / 2);
      sparse.write(ByteBuffer.wrap(new byte[] {2}), SPARSE_BYTES - 1);
    }
  }
}
