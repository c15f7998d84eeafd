package dev.coterie.bench.nio;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.coterie.client.nio.CoterieFileSystems;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A file system that is measured, with a folder to work in. */
record Subject(Path folder, Closeable end) implements Closeable {
  /** What a folder for the JDK's own file system is told by. */
  static final String FOLDER = "coterie.bench.folder";

  private static final String INODES = "1m";

  /**
   * Opens one.
   *
   * @param kind as the parameter of {@link NioLoad} names it
   */
  static Subject open(String kind) throws IOException {
    return switch (kind) {
      case "coterie" -> coterie();
      case "jimfs" -> jimfs();
      case "jdk" -> jdk();
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }

  /** Our tree in this process: a session of a leader that listens nowhere. */
  private static Subject coterie() throws IOException {
    Leader leader =
        Leader.builder()
            .mount("/", TmpFs.Options.parse(Map.of("nr_inodes", INODES)).factory())
            .start();
    FileSystem tree = CoterieFileSystems.of(leader.openSession());
    Closeable end =
        () -> {
          tree.close();
          leader.close();
        };
    return new Subject(Files.createDirectory(tree.getPath("/bench")), end);
  }

  /** As it comes. */
  private static Subject jimfs() throws IOException {
    FileSystem tree = Jimfs.newFileSystem(Configuration.unix());
    return new Subject(Files.createDirectory(tree.getPath("/bench")), tree);
  }

  private static Subject jdk() throws IOException {
    Path parent = FileSystems.getDefault().getPath(System.getProperty(FOLDER, ""));
    Path folder = Files.createTempDirectory(parent, "nio-");
    return new Subject(folder, () -> delete(folder));
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.toList();
    }
    for (Path path : all.reversed()) {
      Files.delete(path);
    }
  }

  @Override
  public void close() throws IOException {
    end.close();
  }
}
