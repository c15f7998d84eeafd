package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Tree;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.client.nio.CoterieFileSystemProvider;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code java.nio.file} over connections that are cut. */
@Timeout(value = 360, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LastingFileSystemTest {
  private static final int RECORDS = 500;

  @TempDir private Path folder;
  private Leader leader;
  private Relay relay;

  @BeforeEach
  void serve() throws IOException {
    Path socket = folder.resolve("s");
    leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .start();
    relay =
        new Relay(
            UnixDomainSocketAddress.of(folder.resolve("r")),
            UnixDomainSocketAddress.of(socket),
            1,
            2_000);
  }

  @AfterEach
  void stop() throws IOException {
    assertThat(leader.counts().faults()).isZero();
    relay.close();
    leader.close();
  }

  private FileSystem open(Map<String, ?> properties) throws IOException {
    return FileSystems.newFileSystem(URI.create("coterie:" + folder.resolve("r")), properties);
  }

  private void work(Map<String, ?> properties) throws IOException {
    List<String> records = IntStream.range(0, RECORDS).mapToObj(Integer::toString).toList();
    try (FileSystem tree = open(properties)) {
      Path directory = Files.createDirectory(tree.getPath("/d"));
      Path log = directory.resolve("log");
      try (FileChannel channel =
          FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        FileLock lock = channel.lock();
        for (String record : records) {
          channel.write(ByteBuffer.wrap((record + "\n").getBytes(StandardCharsets.US_ASCII)));
          assertThat(Files.exists(directory.resolve("none" + record))).isFalse();
          assertThat(Files.size(log)).isEqualTo(channel.size());
        }
        assertThat(lock.isValid()).isTrue();
        lock.release();
      }
      assertThat(Files.readAllLines(log)).isEqualTo(records);
      assertThat(relay.cuts()).isGreaterThan(5);
      relay.cutNoMore();
    }
    try (Tree plain = Tree.of(leader.openSession(), ProcessIdentity.self())) {
      String content = String.join("\n", records) + "\n";
      assertThat(new String(plain.readAll("/d/log"), StandardCharsets.US_ASCII)).isEqualTo(content);
      plain.service().close();
    }
  }

  @Test
  void withoutCopies_noProgramNotices() throws IOException {
    work(Map.of(CoterieFileSystemProvider.LASTING, true));
  }

  @Test
  void withCopies_noProgramNotices() throws IOException {
    work(
        Map.of(CoterieFileSystemProvider.LASTING, true, CoterieFileSystemProvider.COPIES, 1 << 20));
  }

  @Test
  void withWritesKeptBack_noProgramNotices() throws IOException {
    work(
        Map.of(
            CoterieFileSystemProvider.LASTING,
            true,
            CoterieFileSystemProvider.COPIES,
            1 << 20,
            CoterieFileSystemProvider.WRITE_BACK,
            true));
  }

  @Test
  void withoutTheProperty_itDoes() {
    assertThatThrownBy(() -> work(Map.of(CoterieFileSystemProvider.LASTING, false)))
        .isInstanceOf(IOException.class);
  }
}
