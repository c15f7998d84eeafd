package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.client.nio.CoterieFileSystemProvider;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file system whose writes are kept back, as its properties ask for. */
@Timeout(180)
class WriteBackTest {
  private static final Map<String, ?> KEEPING =
      Map.of(CoterieFileSystemProvider.COPIES, 1 << 20, CoterieFileSystemProvider.WRITE_BACK, true);

  @Test
  void whatChannelsWrite_isThereForOthers(@TempDir Path folder) throws IOException {
    Path socket = folder.resolve("s");
    Path second = Files.createSymbolicLink(folder.resolve("t"), socket); // for another URI
    try (Leader leader =
            Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
        FileSystem keeping = FileSystems.newFileSystem(URI.create("coterie:" + socket), KEEPING);
        FileSystem plain = FileSystems.newFileSystem(URI.create("coterie:" + second), Map.of());
        FileChannel appending =
            FileChannel.open(
                keeping.getPath("/a"), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        FileChannel writing =
            FileChannel.open(
                keeping.getPath("/w"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 1; i <= 1000; i++) {
        appending.write(ByteBuffer.wrap(new byte[10]));
        writing.write(ByteBuffer.wrap(new byte[10]));
        if (i % 300 == 0) {
          assertThat(Files.size(plain.getPath("/a"))).isEqualTo(10L * i);
          assertThat(Files.readAllBytes(plain.getPath("/w"))).hasSize(10 * i);
        }
      }
      assertThat(appending.position()).isEqualTo(10_000);
      assertThat(writing.size()).isEqualTo(10_000);
      appending.force(true);
      assertThat(leader.counts().faults()).isZero();
    }
  }

  @Test
  void withoutCopies_nothingCanBeKept() {
    assertThatThrownBy(() ->
            FileSystems.newFileSystem(
                URI.create("coterie:/no/such"), Map.of(CoterieFileSystemProvider.WRITE_BACK, true)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
