package dev.coterie.check.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.DirEntry;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One who watches over a socket, while four processes make changes as fast as they can. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class ManyChangersIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int PROCESSES = 4;
  private static final int CHANGES = FULL ? 100_000 : 2000;
  private static final int SEEDS = FULL ? 200 : 5;
  private static final int STEPS = 150; // of one process and seed
  private static final int NAMES =
      Change.CREATE | Change.DELETE | Change.MOVED_FROM | Change.MOVED_TO;

  @TempDir private Path folder;
  private Leader leader;
  private FileService service;
  private Tree tree;

  @BeforeEach
  void start() throws IOException {
    Path socket = folder.resolve("s");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    service = Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT);
    tree = Tree.of(service, ProcessIdentity.self());
    tree.mkdir("/w", 0755);
  }

  @AfterEach
  void end() {
    tree.close();
    service.close();
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Changers changers() throws IOException {
    return new Changers(folder, folder.resolve("s"), PROCESSES);
  }

  /** What was told: whether all of it is there, and each process's in its order. */
  private static final class Tally {
    private final Map<String, Integer> told = new HashMap<>();
    private final Map<String, Integer> last = new TreeMap<>(); // by process
    private long lost;
    private int overflows;

    void add(Change change) {
      if (change.is(Change.Q_OVERFLOW)) {
        lost += change.cookie();
        overflows++;
        return;
      }
      String name = change.path().toString();
      told.merge(Change.kinds(change.mask()) + " " + name, 1, Integer::sum);
      int dash = name.indexOf('-') + 1;
      int place = Integer.parseInt(name.substring(dash)) + (change.is(Change.DELETE) ? 1 : 0);
      Integer before = last.put(name.substring(0, dash), place);
      assertThat(place).as(name).isGreaterThan(before == null ? -1 : before);
    }

    private int all() {
      return told.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  @Test
  void everyChange_isTold_orCountedAsLost() throws IOException {
    int each = CHANGES / PROCESSES;
    Tally tally = new Tally();
    try (Changers changers = changers();
        ChangeQueue queue = ChangeQueue.open(service, tree.caller())) {
      tree.watch("/w", queue, NAMES);
      changers.begin(i -> "names " + each);
      // All that was done before an answer of the changers has been queued: what is not there when
      // they have ended never comes.
      while (tally.all() + tally.lost < CHANGES) {
        List<Change> some = queue.take(60, TimeUnit.SECONDS);
        assertThat(some).as("told %d, lost %d", tally.all(), tally.lost).isNotEmpty();
        some.forEach(tally::add);
      }
      assertThat(changers.await("names")).isEqualTo(CHANGES);
      assertThat(queue.poll()).isEmpty();
      changers.end();
    }
    System.out.printf(
        "ManyChangersIT: %d changes by %d processes: %d told, %d lost in %d overflows%n",
        CHANGES, PROCESSES, tally.all(), tally.lost, tally.overflows);
    assertThat(tally.all() + tally.lost).isEqualTo(CHANGES);
    assertThat(tally.told.values()).as("none twice").containsOnly(1);
    assertThat(tally.lost > 0).isEqualTo(tally.overflows > 0);
    if (tally.lost == 0) {
      for (int i = 0; i < PROCESSES; i++) {
        assertThat(tally.told).containsKey("DELETE " + Changers.name(i) + (each - 2));
      }
    }
  }

  @Test
  void changesNobodyTakes_areCountedExactly() throws IOException {
    int each = Limits.CHANGES_PER_QUEUE / PROCESSES + 500;
    Tally tally = new Tally();
    try (Changers changers = changers();
        ChangeQueue queue = ChangeQueue.open(service, tree.caller())) {
      tree.watch("/w", queue, NAMES);
      changers.begin(i -> "names " + each);
      changers.await("names");
      for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
        some.forEach(tally::add);
      }
      changers.end();
    }
    assertThat(tally.all()).isEqualTo(Limits.CHANGES_PER_QUEUE);
    assertThat(tally.lost).isEqualTo(PROCESSES * 500);
    assertThat(tally.overflows).isEqualTo(1);
  }

  /**
   * Directories are made, moved and removed by all processes at once, and filled in the same
   * moment: what is told of the tree is the tree, and fits together at every change.
   */
  @Test
  void everythingBelow_isToldFromItsFirstMoment() throws IOException {
    int all = 0;
    try (Changers changers = changers()) {
      for (int round = 1; round <= SEEDS; round++) {
        all += watchOneRound(changers, Long.getLong("coterie.seed", round));
        tree.rename("/w", "/w" + round, 0);
        tree.mkdir("/w", 0755);
      }
      changers.end();
    }
    System.out.printf("ManyChangersIT: %d rounds, %d changes below%n", SEEDS, all);
    assertThat(all).isGreaterThan(SEEDS * STEPS);
  }

  /** How many changes were told. */
  private int watchOneRound(Changers changers, long seed) throws ErrnoException {
    try (ChangeQueue queue = ChangeQueue.open(service, tree.caller())) {
      tree.watch("/w", queue, NAMES | Change.RECURSIVE);
      changers.begin(i -> "tree " + (seed * PROCESSES + i) + " " + STEPS);
      changers.await("tree");
      WatchedTree watched = new WatchedTree();
      for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
        some.forEach(watched::apply);
      }
      assertThat(watched.paths()).as("-Dcoterie.seed=%d", seed).isEqualTo(listing());
      return watched.changes();
    }
  }

  private String listing() throws ErrnoException {
    StringBuilder all = new StringBuilder();
    list("/w", "", all);
    return all.toString();
  }

  private void list(String directory, String above, StringBuilder all) throws ErrnoException {
    TreeMap<String, Boolean> names = new TreeMap<>();
    for (DirEntry entry : new ArrayList<>(tree.list(directory, false))) {
      boolean isDirectory = entry.type() == Mode.direntType(Mode.S_IFDIR);
      names.put(entry.name().toString(), isDirectory);
    }
    for (Map.Entry<String, Boolean> name : names.entrySet()) {
      String path = above + name.getKey() + (name.getValue() ? "/" : "");
      all.append(path).append('\n');
      if (name.getValue()) {
        list(directory + "/" + name.getKey(), path, all);
      }
    }
  }
}
