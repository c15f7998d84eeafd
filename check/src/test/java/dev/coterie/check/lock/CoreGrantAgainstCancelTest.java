package dev.coterie.check.lock;

import dev.coterie.api.FileService;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;

/** In one process, without a socket. */
class CoreGrantAgainstCancelTest extends GrantAgainstCancelSuite {
  private final Leader leader =
      Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();

  CoreGrantAgainstCancelTest() throws IOException {}

  @AfterEach
  void stop() {
    leader.close();
  }

  @Override
  FileService session() {
    return leader.openSession();
  }
}
