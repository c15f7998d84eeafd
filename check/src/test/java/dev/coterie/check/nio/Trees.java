package dev.coterie.check.nio;

import dev.coterie.client.nio.CoterieFileSystems;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.FileSystem;

/** Small trees for tests that need one and no more. */
final class Trees {
  private Trees() {}

  static Leader leader() throws IOException {
    return Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
  }

  static FileSystem inProcess(Leader leader) throws IOException {
    return CoterieFileSystems.of(leader.openSession());
  }
}
