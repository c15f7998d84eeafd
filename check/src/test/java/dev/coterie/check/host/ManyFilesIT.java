package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client refers to far more files of the host than the leader may have descriptors. */
@Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ManyFilesIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int FILES = FULL ? 1_000_000 : 20_000;
  private static final int OF_A_DIRECTORY = 1000;
  private static final int DESCRIPTORS = 256;
  private static final int LOOKS = 5_000;
  private static final int OPEN_AT_ONCE = 50;
  private static final Caller ROOT = Caller.ROOT;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void filesReferredTo_takeNoDescriptors(Privilege privilege) throws Exception {
    Path directory = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-many-");
    try {
      make(directory);
      List<String> around = List.of("prlimit", "--nofile=" + DESCRIPTORS + ":" + DESCRIPTORS);
      try (HostLeader leader =
          HostLeader.start(privilege, around, List.of("-Xmx2g"), folder, directory)) {
        try (FileService service = leader.connect()) {
          int before = leader.descriptors();
          InodeId[] ids = lookUpAll(service);
          int after = leader.descriptors();
          System.out.printf(
              "ManyFilesIT, %s: %d files referred to, %d descriptors before and %d after%n",
              privilege, FILES, before, after);
          assertThat(after).isLessThan(before + DESCRIPTORS / 8);
          lookAround(service, ids);
          // The last files are closed without waiting for the answer.
          await()
              .atMost(60, TimeUnit.SECONDS)
              .untilAsserted(
                  () -> assertThat(leader.descriptors()).isLessThan(before + DESCRIPTORS / 8));
        }
        leader.end();
      }
    } finally {
      HostTools.removeAll(directory);
    }
  }

  private static void make(Path directory) throws IOException {
    for (int i = 0; i < FILES; i++) {
      Path dir = directory.resolve("d" + i / OF_A_DIRECTORY);
      if (i % OF_A_DIRECTORY == 0) {
        Files.createDirectory(dir);
      }
      Files.writeString(dir.resolve("f" + i), Integer.toString(i));
    }
  }

  private static InodeId[] lookUpAll(FileService service) throws IOException {
    InodeId root = service.root(ROOT).id();
    InodeId[] ids = new InodeId[FILES];
    InodeId dir = root;
    for (int i = 0; i < FILES; i++) {
      if (i % OF_A_DIRECTORY == 0) {
        dir = service.lookup(ROOT, root, Name.of("d" + i / OF_A_DIRECTORY)).id();
      }
      ids[i] = service.lookup(ROOT, dir, Name.of("f" + i)).id();
    }
    return ids;
  }

  /** Each is still what it was, and can be opened; some stay open beside each other. */
  private static void lookAround(FileService service, InodeId[] ids) throws IOException {
    Random random = new Random(1);
    long[] open = new long[OPEN_AT_ONCE];
    for (int look = 0; look < LOOKS; look++) {
      int i = random.nextInt(FILES);
      String content = Integer.toString(i);
      assertThat(service.getattr(ROOT, ids[i]).size()).isEqualTo(content.length());
      Opened opened = service.open(ROOT, ids[i], OpenFlags.O_RDONLY);
      ByteBuffer bytes = ByteBuffer.allocate(10);
      service.read(ROOT, opened.handle(), 0, bytes);
      assertThat(
              new String(
                  bytes.array(), 0, bytes.position(), java.nio.charset.StandardCharsets.US_ASCII))
          .isEqualTo(content);
      int slot = look % OPEN_AT_ONCE;
      if (open[slot] != 0) {
        service.close(ROOT, open[slot]);
      }
      open[slot] = opened.handle();
    }
    for (long handle : open) {
      service.close(ROOT, handle);
    }
  }
}
