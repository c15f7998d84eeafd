package dev.coterie.check.nio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * The checks themselves, held against the JDK's own provider on a directory of the kernel: what
 * they expect is what programs are used to.
 */
@Timeout(180)
class KernelNioIT
    implements ChannelChecks,
        NameChecks,
        TransferChecks,
        ViewChecks,
        StreamChecks,
        FileLockChecks,
        WatchServiceChecks {
  private Path dir;

  /** Where directories are made. */
  Path place() throws IOException {
    return Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
  }

  @BeforeEach
  void makeDirectory() throws IOException {
    dir = Files.createTempDirectory(place(), "coterie-nio-");
  }

  @AfterEach
  void removeDirectory() throws IOException {
    try (var all = Files.walk(dir)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @Override
  public Path dir() {
    return dir;
  }
}
