package dev.coterie.check.nio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** All checks over one target, each in a directory of its own. */
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
abstract class NioSuite
    implements ChannelChecks,
        NameChecks,
        TransferChecks,
        ViewChecks,
        StreamChecks,
        FileLockChecks,
        WatchServiceChecks,
        OurChecks {
  private NioTarget target;
  private Path dir;

  abstract NioTarget open() throws IOException;

  @BeforeAll
  void openTarget() throws IOException {
    target = open();
  }

  @BeforeEach
  void makeDirectory() throws IOException {
    dir = Files.createTempDirectory(target.fileSystem().getPath("/"), "check");
    Files.setPosixFilePermissions(
        dir, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterAll
  void closeTarget() throws IOException {
    target.close();
  }

  @Override
  public String storeType() {
    return "tmpfs";
  }

  @Override
  public NioTarget target() {
    return target;
  }

  @Override
  public Path dir() {
    return dir;
  }
}
