package dev.coterie.check.host;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Tree;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.host.HostFs;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where copies are kept of a host directory, equal change counters mean the same content. */
@Timeout(60)
class ChangeCounterIT {
  private static final int WRITES = 2_000;

  /** How many writes left the counter as it was, on a file system whose clock moves in steps. */
  private static int unseen(boolean copies) throws Exception {
    HostTools.requireRoot();
    Path directory = Files.createTempDirectory("coterie-change-");
    try (Mounted _ = new Mounted(directory, "-t", "ramfs", "ramfs")) {
      HostFs.Options options = new HostFs.Options(directory, false, false, copies);
      try (Leader leader = Leader.builder().mount("/", options.factory()).start();
          Tree tree = Tree.of(leader.openSession(), Caller.ROOT)) {
        int unseen = 0;
        try (OpenFile file = tree.open("/f", O_CREAT | O_RDWR, 0644)) {
          long before = tree.stat("/f").change();
          for (int i = 0; i < WRITES; i++) {
            file.pwrite(ByteBuffer.wrap(new byte[] {(byte) i}), 0);
            long after = tree.stat("/f").change();
            assertThat(after).isGreaterThanOrEqualTo(before);
            assertThat(tree.stat("/f").change()).isEqualTo(after);
            unseen += after == before ? 1 : 0;
            before = after;
          }
        }
        tree.service().close();
        return unseen;
      }
    } finally {
      Files.deleteIfExists(directory);
    }
  }

  @Test
  void whereCopiesAreKept_eachChangeIsSeen() throws Exception {
    assertThat(unseen(true)).isZero();
  }

  /** So this file system does not tell them apart. */
  @Test
  void elsewhere_theHostSaysWhatItSays() throws Exception {
    assertThat(unseen(false)).isPositive();
  }
}
