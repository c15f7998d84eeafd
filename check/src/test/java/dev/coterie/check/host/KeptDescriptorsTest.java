package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a host mount keeps open of files that were just used: not what was removed, and not long.
 */
class KeptDescriptorsTest {
  private static final Caller ROOT = Caller.ROOT;

  @TempDir Path folder = Path.of("");
  private Vfs vfs;
  private FileService service;
  private InodeId root;

  @BeforeEach
  void open() throws Exception {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7),
            Map.of("/", HostFs.Options.parse(folder.toString(), Map.of()).factory()));
    service = vfs.openSession();
    root = service.root(ROOT).id();
  }

  @AfterEach
  void close() throws Exception {
    service.close();
    vfs.close();
  }

  /** What this process has open below the folder. */
  private List<String> open(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.map(KeptDescriptorsTest::target)
          .filter(target -> target.startsWith(folder + "/") && target.endsWith(suffix))
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  @Test
  void file_removedOrReplaced_isNotKeptOpen() throws Exception {
    for (int i = 0; i < 20; i++) {
      Files.writeString(folder.resolve("a"), "a");
      Files.writeString(folder.resolve("b"), "b");
      service.rename(ROOT, root, Name.of("a"), root, Name.of("b"), 0);
      service.unlink(ROOT, root, Name.of("b"));
      Files.createDirectory(folder.resolve("d"));
      service.rmdir(ROOT, root, Name.of("d"));
      assertThat(open(" (deleted)")).isEmpty();
    }
  }

  @Test
  void file_notUsedForAMoment_isNotKeptOpen() throws Exception {
    Files.writeString(folder.resolve("a"), "a");
    InodeId file = service.lookup(ROOT, root, Name.of("a")).id();
    await().atMost(60, TimeUnit.SECONDS).until(() -> open("/a").isEmpty());
    service.getattr(ROOT, file);
    Files.delete(folder.resolve("a"));
    await().atMost(60, TimeUnit.SECONDS).until(() -> open(" (deleted)").isEmpty());
  }
}
