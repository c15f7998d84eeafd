package dev.coterie.check.mount;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.client.nio.TreeModifier;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What programs do in a kernel mount is told to a Java program that watches the tree. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatchMountIT {
  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void require() {
    MountTools.require();
  }

  @Test
  void whatAShellDoesInAMount_isToldToAWatchService() throws Exception {
    try (Mounts mounts = new Mounts(folder, "tmpfs", 1)) {
      URI tree = URI.create("coterie:" + folder.resolve("socket") + "!/");
      try (FileSystem there = FileSystems.newFileSystem(tree, Map.of());
          WatchService service = there.newWatchService()) {
        there
            .getPath("/")
            .register(
                service,
                new WatchEvent.Kind<?>[] {ENTRY_CREATE, ENTRY_DELETE},
                TreeModifier.FILE_TREE);
        String script = "mkdir -p d/e && echo x > d/e/f && mv d/e/f g && rm g && rmdir d/e d";
        Process shell =
            new ProcessBuilder("sh", "-c", script)
                .directory(mounts.first.toFile())
                .inheritIO()
                .start();
        assertThat(shell.waitFor()).isZero();
        assertThat(until(service, "DELETE d"))
            .containsExactly(
                "CREATE d",
                "CREATE d/e",
                "CREATE d/e/f",
                "DELETE d/e/f",
                "CREATE g",
                "DELETE g",
                "DELETE d/e",
                "DELETE d");
      }
    }
  }

  private static List<String> until(WatchService service, String last) throws InterruptedException {
    List<String> all = new ArrayList<>();
    while (!all.contains(last)) {
      WatchKey key = service.poll(60, TimeUnit.SECONDS);
      assertThat(key).as("told after %s", all).isNotNull();
      key.pollEvents()
          .forEach(
              event -> all.add(event.kind().name().replace("ENTRY_", "") + " " + event.context()));
      key.reset();
    }
    return all;
  }
}
