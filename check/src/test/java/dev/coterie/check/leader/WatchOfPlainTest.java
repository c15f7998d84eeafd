package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.wire.P9;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plain 9P client changes the tree; who watches finds it told as soon as that has its answer. */
@Timeout(180)
class WatchOfPlainTest {
  private static final int ROOT = 0;

  @TempDir private Path folder = Path.of("");

  @Test
  void whatAPlainClientDoes_isToldBeforeItsAnswer() throws Exception {
    try (Served served = Served.in(folder);
        RawClient plain = served.plain();
        FileService session = served.leader.openSession();
        ChangeQueue queue = ChangeQueue.open(session, Caller.ROOT)) {
      InodeId root = session.root(Caller.ROOT).id();
      queue.add(root, Change.CREATE | Change.DELETE);
      for (int i = 0; i < 100; i++) {
        plain.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
        assertThat(lines(queue)).containsExactly("CREATE|ISDIR d");
        plain.ok(RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR));
        assertThat(lines(queue)).containsExactly("DELETE|ISDIR d");
      }
    }
  }

  private static List<String> lines(ChangeQueue queue) throws Exception {
    return queue.poll().stream().map(c -> Change.kinds(c.mask()) + " " + c.path()).toList();
  }
}
