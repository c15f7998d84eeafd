package dev.coterie.check.nio;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.client.nio.TreeModifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchService;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A directory watched with all below it: the JDK's provider on Linux cannot do that. */
@Timeout(180)
class FileTreeTest {
  @Test
  void fileTree_isWatchedWithPaths() throws Exception {
    try (NioTarget target = Leaders.inProcess(UnaryOperator.identity());
        WatchService service = target.fileSystem().newWatchService()) {
      watch(target, service, TreeModifier.FILE_TREE);
    }
  }

  /** As the JDK's own modifier is called, which is of a module that not every program has. */
  @Test
  void fileTree_byItsNameAlone_isWatched() throws Exception {
    try (NioTarget target = Leaders.inProcess(UnaryOperator.identity());
        WatchService service = target.fileSystem().newWatchService()) {
      watch(target, service, () -> "FILE_TREE");
    }
  }

  @Test
  void fileTree_isWatchedOverTheWire() throws Exception {
    try (NioTarget target = Leaders.overTheWire(UnaryOperator.identity());
        WatchService service = target.fileSystem().newWatchService()) {
      watch(target, service, TreeModifier.FILE_TREE);
    }
  }

  private static void watch(NioTarget target, WatchService service, WatchEvent.Modifier modifier)
      throws Exception {
    Path top = Files.createDirectory(target.fileSystem().getPath("/top"));
    top.register(service, new WatchEvent.Kind<?>[] {ENTRY_CREATE, ENTRY_DELETE}, modifier);
    Files.createDirectories(top.resolve("a/b/c"));
    Files.createFile(top.resolve("a/b/c/f"));
    Files.move(top.resolve("a/b"), top.resolve("b"));
    Files.delete(top.resolve("b/c/f"));
    assertThat(WatchServiceChecks.until(service, "DELETE b/c/f"))
        .containsExactly(
            "CREATE a",
            "CREATE a/b",
            "CREATE a/b/c",
            "CREATE a/b/c/f",
            "DELETE a/b",
            "CREATE b",
            "DELETE b/c/f");
  }
}
