package dev.coterie.check.host;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Tree;
import dev.coterie.client.Client;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A directory of the host is watched: what others do there without us is told, and what is done
 * through the tree is told once.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class OutsideChangesIT {
  private static final int QUIET =
      Change.ALL_KINDS & ~(Change.OPEN | Change.ACCESS | Change.CLOSE_NOWRITE);

  private Path directory;
  private Leader leader;
  private FileService session;
  private Tree tree;
  private ChangeQueue queue;

  @BeforeEach
  void start() throws IOException {
    HostTools.requireRoot();
    directory = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-changes-");
    HostFs.Options options = new HostFs.Options(directory, false, false);
    leader = Leader.builder().mount("/", options.factory()).start();
    session = leader.openSession();
    tree = Tree.of(session, Caller.ROOT);
    queue = ChangeQueue.open(session, Caller.ROOT);
  }

  @AfterEach
  void end() throws IOException {
    queue.close();
    tree.close();
    session.close();
    assertThat(leader.counts().faults()).isZero();
    leader.close();
    HostTools.removeAll(directory);
  }

  private void shell(String script) throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", script).directory(directory.toFile()).inheritIO().start();
    assertThat(shell.waitFor()).isZero();
  }

  private List<String> lines() throws IOException {
    return lines(queue);
  }

  private static List<String> lines(ChangeQueue queue) throws IOException {
    List<String> all = new ArrayList<>();
    for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
      some.forEach(c -> all.add(Change.kinds(c.mask()) + " " + c.path()));
    }
    return all;
  }

  @Test
  void whatOthersDo_isTold() throws Exception {
    tree.watch("/", queue, QUIET);
    shell("echo x > f; mkdir d; mv f g; chmod 600 g; rm g; rmdir d");
    assertThat(lines())
        .containsExactly(
            "CREATE f",
            "MODIFY f",
            "CLOSE_WRITE f",
            "CREATE|ISDIR d",
            "MOVED_FROM f",
            "MOVED_TO g",
            "ATTRIB g",
            "DELETE g",
            "DELETE|ISDIR d");
  }

  @Test
  void whatWeDo_isToldOnce_andBeforeItIsAnswered() throws Exception {
    tree.watch("/", queue, QUIET);
    for (int i = 0; i < 50; i++) {
      try (OpenFile file = tree.open("/f", O_CREAT | O_WRONLY, 0644)) {
        assertThat(lines()).containsExactly("CREATE f");
        file.write(ByteBuffer.wrap(new byte[10]));
        assertThat(lines()).containsExactly("MODIFY f");
      }
      assertThat(lines()).containsExactly("CLOSE_WRITE f");
      tree.rename("/f", "/g", 0);
      assertThat(lines()).containsExactly("MOVED_FROM f", "MOVED_TO g");
      tree.unlink("/g");
      assertThat(lines()).containsExactly("DELETE g");
    }
  }

  @Test
  void whoWaits_isToldOfWhatOthersDo() throws Exception {
    tree.watch("/", queue, Change.CREATE);
    Process shell =
        new ProcessBuilder("sh", "-c", "read x; mkdir d").directory(directory.toFile()).start();
    assertThat(queue.take(1, TimeUnit.MILLISECONDS)).isEmpty();
    shell.outputWriter().append("go\n").close();
    List<Change> told = queue.take(60, TimeUnit.SECONDS);
    assertThat(told.getFirst().path().toString()).isEqualTo("d");
    assertThat(shell.waitFor()).isZero();
  }

  /** Two queues, each with its own kinds, on one inode; and one leaves. */
  @Test
  void queues_areToldWhatEachAskedFor() throws Exception {
    tree.watch("/", queue, Change.CREATE);
    try (ChangeQueue other = ChangeQueue.open(session, Caller.ROOT)) {
      tree.watch("/", other, Change.DELETE);
      shell("mkdir d; rmdir d");
      assertThat(lines()).containsExactly("CREATE|ISDIR d");
      assertThat(other.poll()).hasSize(1);
    }
    shell("mkdir d; rmdir d");
    assertThat(lines()).containsExactly("CREATE|ISDIR d");
  }

  @Test
  void directoryThatOthersRemove_endsTheWatch() throws Exception {
    shell("mkdir d");
    tree.watch("/d", queue, QUIET);
    shell("rmdir d");
    assertThat(lines()).containsExactly("DELETE_SELF ", "IGNORED ");
  }

  /**
   * A leader is stopped, so that nobody takes from the kernel's own queue until it is full. Each of
   * ours is told of one kind alone, always of the same file, and so it is not ours that are full.
   */
  @Test
  void moreThanTheKernelKeeps_isAnOverflow(@TempDir Path folder) throws Exception {
    Path limit = Path.of("/proc/sys/fs/inotify/max_queued_events");
    int most = Integer.parseInt(HostTools.setting(limit));
    try (HostLeader stopped = HostLeader.start(Privilege.HANDLES, folder, directory)) {
      try (Client client = stopped.connect();
          Tree there = Tree.of(client, Caller.ROOT);
          ChangeQueue made = ChangeQueue.open(client, Caller.ROOT);
          ChangeQueue removed = ChangeQueue.open(client, Caller.ROOT)) {
        there.watch("/", made, Change.CREATE);
        there.watch("/", removed, Change.DELETE);
        stopped.stop();
        for (int i = 0; i <= most; i += 2) {
          Files.delete(Files.createFile(directory.resolve("f")));
        }
        stopped.goOn();
        assertThat(lines(made)).containsExactly("CREATE f", "Q_OVERFLOW ");
        assertThat(lines(removed)).containsExactly("DELETE f", "Q_OVERFLOW ");
        shell("touch last");
        assertThat(lines(made)).containsExactly("CREATE last");
      }
      stopped.end();
    }
  }

  @Test
  void moreThanTheQueueKeeps_isCounted() throws Exception {
    tree.watch("/", queue, Change.CREATE);
    int more = Limits.CHANGES_PER_QUEUE + 1000;
    shell("i=0; while [ $i -lt " + more + " ]; do : > f$i; i=$((i + 1)); done");
    List<Change> all = new ArrayList<>();
    for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
      all.addAll(some);
    }
    assertThat(all).hasSize(Limits.CHANGES_PER_QUEUE + 1);
    assertThat(all.getLast().is(Change.Q_OVERFLOW)).isTrue();
    // The kernel's own queue may have been full as well, and does not say by how much.
    assertThat(all.getLast().cookie()).isBetween(1, 1001);
  }
}
