package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client process is killed with SIGKILL in the middle of its work, again and again. All it held
 * at the leader is given back, nothing of it happens later, what it was told is so, and the other
 * clients notice nothing.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class KillIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 100 : 5;

  /** The promise is one second; how long it took is printed, and a busy machine may be slower. */
  private static final Duration GONE = Duration.ofSeconds(60);

  private static final String VICTIMS = "/victims";
  private static final int STATFS_UNIT = 512; // of st_blocks

  /** Every fourth is killed while it is still taking hold of things. */
  private static final int EARLY = 4;

  private static final long WORK_NANOS_MOST = TimeUnit.MILLISECONDS.toNanos(200);

  @TempDir private Path folder;
  private final Turnstile turnstile = new Turnstile(KillIT::isParked);
  private final List<Long> goneNanos = new ArrayList<>();
  private final Map<String, Long> told = new TreeMap<>(); // how often, over all rounds
  private Leader leader;
  private FileService service;
  private Tree victims; // their directory
  private Leader.Counts before; // without a victim
  private StatFs empty; // of the victims' mount

  private static boolean isParked(Operation<?> operation) {
    return switch (operation) {
      case Operation.Append(_, ByteBuffer source) ->
          source.remaining() == Entry.BYTES
              && Entry.of(source.duplicate()).number() >= VictimMain.KEPT;
      case Operation.Mkdir mkdir -> mkdir.name().equals(VictimMain.PARKED);
      default -> false;
    };
  }

  private static long seed() {
    return Long.getLong("coterie.seed", System.nanoTime());
  }

  @Test
  void client_killedInMidLoad_leavesNothingBehind() throws IOException {
    long seed = seed();
    System.out.println("KillIT: -Dcoterie.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Path socket = folder.resolve("s");
    try (LogLines log = new LogLines();
        Leader served =
            Leader.builder()
                .mount("/", TmpFs.Options.parse(Map.of("size", "2g")).factory())
                .mount(VICTIMS, TmpFs.Options.parse(Map.of("size", "512m")).factory())
                .decorate(turnstile)
                .listen(socket)
                .start()) {
      leader = served;
      Leader.Counts unused = leader.counts();
      service = leader.openSession();
      try (Workers workers = new Workers(service, socket, "/", folder)) {
        Tree root = Tree.of(service, ProcessIdentity.self());
        victims = root.at(VICTIMS);
        root.close();
        before = leader.counts();
        empty = victims.statfs(".");
        for (int round = 0; round < ROUNDS; round++) {
          killOne(round, random, socket, workers);
        }
        long entries = workers.end();
        victims.close();
        workers.clean();
        assertThat(told).containsKeys("log", "theirs", "counter", "name");
        System.out.printf(
            "KillIT: %d rounds; gone after %s; told and found: %s; beside it %d entries of %d"
                + " workers, all there%n",
            ROUNDS, distribution(), told, entries, Workers.COUNT);
      }
      service.close();
      awaitCounts(unused);
      assertThat(log.thrown()).isEmpty();
      assertThat(log.lines()).isEmpty();
    }
  }

  private String distribution() {
    long[] sorted = goneNanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return "median %.1f ms, 90 %% in %.1f ms, at most %.1f ms"
        .formatted(
            sorted[sorted.length / 2] / 1e6,
            sorted[sorted.length * 9 / 10] / 1e6,
            sorted[sorted.length - 1] / 1e6);
  }

  private void awaitCounts(Leader.Counts counts) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(2))
        .until(leader::counts, counts::equals);
  }

  private void killOne(int round, SplittableRandom random, Path socket, Workers workers)
      throws IOException {
    boolean early = round % EARLY == EARLY - 1;
    String name = "r" + round;
    victims.mkdir(name, 0755);
    Tree place = victims.at(name);
    OpenFile theirs = place.open("theirs", OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644);
    @Nullable OpenFile ours = null;
    try (Child victim =
        Child.start(folder, VictimMain.class, socket, VICTIMS + "/" + name, random.nextLong())) {
      victim.hear("connected");
      Token token = theirs.share();
      victim.say(token.toSecret());
      if (!early) {
        ours = place.take(Token.ofSecret(victim.hear("token")));
        victim.hear("holding");
        requireHolding();
        victim.say("go");
        awaitWork(place, theirs);
      }
      LockSupport.parkNanos(random.nextLong(WORK_NANOS_MOST));
      boolean releasedMeanwhile = random.nextBoolean();
      Thread releasing = Thread.ofPlatform().unstarted(turnstile::release);
      if (releasedMeanwhile) {
        releasing.start();
      }
      long began = System.nanoTime();
      victim.kill();
      awaitGone(began, place, early ? 1 : 0);
      if (early) {
        takeBack(place, token);
      }
      List<String> words = victim.lastWords();
      assertThat(victim.awaitEnd()).isEqualTo(128 + 9);

      Map<String, Stat> then = everything(place);
      long offset = theirs.seek(Whence.CUR, 0);
      turnstile.release();
      if (releasedMeanwhile) {
        Threads.join(releasing);
      }
      workers.awaitProgress();
      assertThat(everything(place)).as("what the killed client left").isEqualTo(then);
      assertThat(theirs.seek(Whence.CUR, 0)).as("offset it shared").isEqualTo(offset);
      requireTold(words, place, theirs, releasedMeanwhile);
    }
    if (ours != null) {
      goOnWith(ours);
    }
    cleanUp(place, name, theirs, ours);
  }

  /** So that it means something when all of it is gone. */
  private void requireHolding() throws ErrnoException {
    await().until(() -> turnstile.kept() == VictimMain.PARKED_REQUESTS);
    Leader.Counts counts = leader.counts();
    assertThat(counts.connections()).isEqualTo(before.connections() + 3);
    assertThat(counts.fids()).isGreaterThan(before.fids() + 100);
    assertThat(counts.tree().tokens()).isEqualTo(VictimMain.TOKENS);
    StatFs now = victims.statfs(".");
    assertThat(empty.ffree() - now.ffree()).isGreaterThan(VictimMain.UNLINKED);
    assertThat((empty.bfree() - now.bfree()) * now.bsize())
        .isGreaterThan((long) VictimMain.UNLINKED * VictimMain.UNLINKED_BYTES);
  }

  /** Waits until some entries are there, so that the blow falls in the midst of it. */
  private static void awaitWork(Tree place, OpenFile theirs) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(1))
        .until(() ->
            Math.min(theirs.fstat().size(), place.stat(VictimMain.LOG).size()) > 20 * Entry.BYTES);
  }

  /**
   * @param ownTokens that are not the victim's, if it did not come to take them
   */
  private void awaitGone(long began, Tree place, int ownTokens) throws ErrnoException {
    while (!isGone(place, ownTokens)) {
      assertThat(System.nanoTime() - began)
          .as("ns until all is gone; %s, %s", leader.counts(), victims.statfs("."))
          .isLessThan(GONE.toNanos());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    goneNanos.add(System.nanoTime() - began);
  }

  /** Connections, sessions and tokens; and what is used is no more than what has a name. */
  private boolean isGone(Tree place, int ownTokens) throws ErrnoException {
    Leader.Counts counts = leader.counts();
    if (counts.connections() != before.connections()
        || counts.tree().sessions() != before.tree().sessions()
        || counts.tree().tokens() > ownTokens) {
      return false;
    }
    StatFs now = victims.statfs(".");
    long files = 0;
    long blocks = 0;
    for (Stat stat : everything(place).values()) {
      files++;
      blocks += stat.blocks();
    }
    return empty.ffree() - now.ffree() == files
        && (empty.bfree() - now.bfree()) * now.bsize() == blocks * STATFS_UNIT;
  }

  /** The token that it was given, if it was killed before it took it. */
  private static void takeBack(Tree place, Token token) throws ErrnoException {
    try (OpenFile untaken = place.take(token)) {
      assertThat(untaken.fstat().nlink()).isEqualTo(1);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
    }
  }

  /** Each file of the victim's directory, and that itself, with all its attributes. */
  private static Map<String, Stat> everything(Tree place) throws ErrnoException {
    Map<String, Stat> all = new TreeMap<>();
    all.put(".", place.stat("."));
    for (DirEntry entry : place.list(".", true)) {
      all.put(entry.name().toString(), Objects.requireNonNull(entry.stat()));
    }
    return all;
  }

  // ---- what it was told ----

  /**
   * @param keptMayBe whether requests that were kept may have gone in before the end
   */
  private void requireTold(List<String> words, Tree place, OpenFile theirs, boolean keptMayBe)
      throws IOException {
    Map<String, Long> last = new TreeMap<>();
    Map<String, String> lastWords = new TreeMap<>();
    for (String line : words) {
      String[] parts = line.split(" ");
      assertThat(parts[0]).as(line).isIn("log", "theirs", "counter", "name", "token", "holding");
      told.merge(parts[0], 1L, Long::sum);
      lastWords.put(parts[0], line);
      if (parts.length == 3) {
        last.put(parts[0], Long.parseLong(parts[1]));
        requireEntry(parts, parts[0].equals("log") ? place : null, theirs);
      }
    }
    // One that it was not told of may be there, as the blow may have come before the answer.
    Ledger ledger = new Ledger(theirs);
    assertThat(ledger.check()).isEqualTo(theirs.seek(Whence.CUR, 0));
    requireLast(ledger, last.getOrDefault("theirs", 0L));
    if (place.list(".", false).stream()
        .noneMatch(entry -> entry.name().toString().equals(VictimMain.LOG))) {
      assertThat(last).doesNotContainKey("log");
      return;
    }
    try (OpenFile log = place.open(VictimMain.LOG, OpenFlags.O_RDONLY, 0)) {
      Ledger entries = keptMayBe ? new Ledger(log, VictimMain.KEPT) : new Ledger(log);
      entries.check();
      requireLast(entries, last.getOrDefault("log", 0L));
    }
    requireCounterAndNames(lastWords, place);
  }

  private static void requireLast(Ledger ledger, long last) {
    assertThat(ledger.last(VictimMain.WRITER)).as("last entry").isBetween(last, last + 1);
  }

  private static void requireEntry(String[] parts, @Nullable Tree place, OpenFile theirs)
      throws IOException {
    Entry told = new Entry(VictimMain.WRITER, Long.parseLong(parts[1]));
    OpenFile file = place == null ? theirs : place.open(VictimMain.LOG, OpenFlags.O_RDONLY, 0);
    ByteBuffer bytes = ByteBuffer.allocate(Entry.BYTES);
    assertThat(file.pread(bytes, Long.parseLong(parts[2]))).isEqualTo(Entry.BYTES);
    assertThat(Entry.of(bytes.flip())).isEqualTo(told);
    if (place != null) {
      file.close();
    }
  }

  private static void requireCounterAndNames(Map<String, String> last, Tree place)
      throws IOException {
    String counter = last.get("counter");
    if (counter != null) {
      try (OpenFile file = place.open(VictimMain.COUNTER, OpenFlags.O_RDONLY, 0)) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
        assertThat(file.pread(bytes, 0)).isEqualTo(Long.BYTES);
        long number = Long.parseLong(counter.split(" ")[1]);
        assertThat(bytes.getLong(0)).isBetween(number, number + 1);
      }
    }
    String name = last.get("name");
    if (name != null) {
      String made = name.split(" ")[1];
      List<String> names =
          place.list(".", false).stream().map(entry -> entry.name().toString()).toList();
      assertThat(names).containsAnyOf(made, made.replace('d', 'e'));
    }
  }

  /** The handle it gave away is still open, where it was. */
  private static void goOnWith(OpenFile ours) throws ErrnoException {
    long end = (long) VictimMain.OURS_ENTRIES * Entry.BYTES;
    assertThat(ours.seek(Whence.CUR, 0)).isEqualTo(end);
    ours.write(new Entry(VictimMain.WRITER, VictimMain.OURS_ENTRIES + 1).toBytes());
    Ledger ledger = new Ledger(ours);
    ledger.check();
    assertThat(ledger.last(VictimMain.WRITER)).isEqualTo(VictimMain.OURS_ENTRIES + 1);
  }

  private void cleanUp(Tree place, String name, OpenFile theirs, @Nullable OpenFile ours)
      throws ErrnoException {
    theirs.close();
    if (ours != null) {
      ours.close();
    }
    for (DirEntry entry : place.list(".", true)) {
      String child = entry.name().toString();
      if (Objects.requireNonNull(entry.stat()).isDirectory()) {
        place.rmdir(child);
      } else {
        place.unlink(child);
      }
    }
    place.close();
    victims.rmdir(name);
    assertThat(victims.statfs(".")).as("of an empty mount").isEqualTo(empty);
  }
}
