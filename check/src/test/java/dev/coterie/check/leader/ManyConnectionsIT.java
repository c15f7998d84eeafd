package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * More connections than a leader serves, or than the machine lets it: the ones that are too many
 * are told so at once, the others notice nothing, and as soon as some leave others are served.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class ManyConnectionsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int CROWDS = 4;
  private static final int ALL = FULL ? 10_000 : 1_000;
  private static final int SERVED = FULL ? Limits.CONNECTIONS : 100;

  /** What one idle connection may cost a leader: most of it is a thread's stack. */
  private static final long KIB_PER_CONNECTION_MOST = 200;

  private static final int IDLE = FULL ? 1_000 : 200;
  private static final List<String> JUST_C1 = List.of("-XX:TieredStopAtLevel=1");

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private Child leader;
  private Client client;
  private Workers workers;

  private void serve(List<String> around, List<String> jvm, int connections) throws IOException {
    leader = closed(Child.start(around, jvm, folder, LeaderMain.class, socket(), connections));
    leader.hear("serving");
    client = closed(Client.connect(new Address.Unix(socket().toString()), ClientOptions.DEFAULT));
    workers = closed(new Workers(client, socket(), "/", folder));
  }

  private Path socket() {
    return folder.resolve("s");
  }

  private <T extends AutoCloseable> T closed(T one) {
    open.add(one);
    return one;
  }

  private Child crowd() throws IOException {
    Child crowd = closed(Child.start(folder, CrowdMain.class, socket()));
    crowd.hear("ready");
    return crowd;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  /**
   * What a crowd says of the connections it tried to open.
   *
   * @param refused how many, by errno
   */
  private record Opened(int served, long slowestMs, Map<Errno, Integer> refused) {
    static Opened of(String words) {
      String[] parts = words.split(" ");
      Map<Errno, Integer> refused = new HashMap<>();
      for (int i = 2; i < parts.length; i++) {
        String[] pair = parts[i].split("=");
        refused.put(Errno.of(Integer.parseInt(pair[0])), Integer.parseInt(pair[1]));
      }
      return new Opened(Integer.parseInt(parts[0]), Long.parseLong(parts[1]), refused);
    }

    int refused(Errno errno) {
      return refused.getOrDefault(errno, 0);
    }
  }

  private static Opened opened(Child crowd, int count) {
    return Opened.of(crowd.ask("open " + count));
  }

  /** Connections that the leader has. */
  private int connections() {
    String[] counts = leader.ask("counts").split(" ");
    assertThat(counts[1]).as("faults").isEqualTo("0");
    return Integer.parseInt(counts[0]);
  }

  /** Waits until there are so many, and as many sessions, as each has one. */
  private void awaitConnections(int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> leader.ask("counts"), (count + " 0 " + count)::equals);
  }

  /** Waits until there are so many threads: one ends a little later than its connection. */
  private void awaitReaders(int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> leader.ask("readers"), Integer.toString(count)::equals);
  }

  private long residentKib() {
    return Long.parseLong(leader.ask("memory"));
  }

  private List<String> logged(String text) {
    return leader.errors().stream().filter(line -> line.contains(text)).toList();
  }

  /** Nothing but what was to be expected stands in the leader's log, and that not often. */
  private void requireQuietLog(String expected) {
    assertThat(logged("refused ")).isNotEmpty().allMatch(line -> line.contains(expected));
    // One line at once and then one every ten seconds, of which each says how many there were.
    assertThat(logged("refused ")).hasSizeLessThan(FULL ? 60 : 20);
    assertThat(logged("at dev.coterie")).as("stack traces").isEmpty();
    assertThat(logged("Exception")).isEmpty();
  }

  private void endAll(List<Child> crowds) throws IOException {
    workers.awaitProgress();
    long entries = workers.end();
    crowds.forEach(Child::end);
    awaitConnections(1);
    client.close();
    leader.end();
    System.out.printf("  beside it %d entries of %d workers, all there%n", entries, Workers.COUNT);
  }

  @Test
  void connections_moreThanAreServed_areRefusedAndNobodyNotices() throws IOException {
    serve(List.of(), List.of(), FULL ? 0 : SERVED);
    int own = 1 + Workers.COUNT;
    assertThat(connections()).isEqualTo(own);
    List<Child> crowds = new ArrayList<>();
    for (int i = 0; i < CROWDS; i++) {
      crowds.add(crowd());
    }
    List<CompletableFuture<Opened>> opening = new ArrayList<>();
    for (Child crowd : crowds) {
      opening.add(CompletableFuture.supplyAsync(() -> opened(crowd, ALL / CROWDS)));
    }
    List<Opened> all = opening.stream().map(CompletableFuture::join).toList();
    int served = all.stream().mapToInt(Opened::served).sum();
    int refused = all.stream().mapToInt(one -> one.refused(Errno.EUSERS)).sum();
    assertThat(served).isEqualTo(SERVED - own);
    assertThat(refused).as("refused with EUSERS: %s", all).isEqualTo(ALL - served);
    assertThat(connections()).isEqualTo(SERVED);
    System.out.printf(
        "ManyConnectionsIT: of %d from %d processes %d served, %d refused; slowest answer %d ms%n",
        ALL, CROWDS, served, refused, all.stream().mapToLong(Opened::slowestMs).max().orElse(0));
    workers.awaitProgress();
    crowds.forEach(crowd -> crowd.ask("ping"));
    requireQuietLog("too many connections");

    leaveAndComeAgain(crowds, all);
    endAll(crowds);
  }

  /** Some close, others are killed; and for each that is gone another one is served. */
  private void leaveAndComeAgain(List<Child> crowds, List<Opened> all) throws IOException {
    int most = 0;
    for (int i = 1; i < CROWDS; i++) {
      most = all.get(i).served() > all.get(most).served() ? i : most;
    }
    Child large = crowds.get(most);
    int gone = all.get(most).served() / 2;
    large.ask("close " + gone);
    awaitConnections(SERVED - gone);
    crowds.add(crowd());
    Opened again = opened(crowds.getLast(), gone + 5);
    assertThat(again.served()).isEqualTo(gone);
    assertThat(again.refused(Errno.EUSERS)).isEqualTo(5);

    int killed = Integer.parseInt(large.ask("ping"));
    large.kill();
    crowds.remove(large);
    awaitConnections(SERVED - killed);
    crowds.add(crowd());
    assertThat(opened(crowds.getLast(), killed).served()).isEqualTo(killed);
    workers.awaitProgress();
  }

  /** Not beside the workers, as what they write is in the leader's memory too. */
  @Test
  void connections_idle_costLittleMemory() throws IOException {
    leader = closed(Child.start(List.of(), JUST_C1, folder, LeaderMain.class, socket(), 0));
    leader.hear("serving");
    Child crowd = crowd();
    crowd.ask("open 24"); // what a leader needs once
    crowd.ask("ping");
    long before = residentKib();
    assertThat(opened(crowd, IDLE).served()).isEqualTo(IDLE);
    crowd.ask("ping");
    long each = (residentKib() - before) / IDLE;
    System.out.printf(
        "ManyConnectionsIT: resident %d KiB before %d idle connections, %d KiB for each%n",
        before, IDLE, each);
    assertThat(each).as("KiB for a connection").isLessThan(KIB_PER_CONNECTION_MOST);
    crowd.end();
    awaitConnections(0);
    leader.end();
  }

  // ---- short of what the machine has to give ----

  @Test
  void descriptors_none_areRefusedAndNobodyNotices() throws IOException {
    int descriptors = FULL ? 1000 : 200;
    serve(List.of("prlimit", "--nofile=" + descriptors), List.of(), 100_000);
    shortOf(Errno.EMFILE, "no file descriptor for it", descriptors + 100);
  }

  @Test
  void threads_none_areRefusedAndNobodyNotices() throws IOException {
    int threads = FULL ? 500 : 100;
    UserPrincipal nobody =
        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    require("root".equals(System.getProperty("user.name")), "only root can act as nobody");
    Files.setOwner(folder, nobody);
    List<String> around =
        List.of("setpriv", "--reuid=nobody", "--clear-groups", "prlimit", "--nproc=" + threads);
    require(runs(around, List.of("cat", classFile().toString())), "nobody may not read classes");
    serve(around, List.of("-XX:CICompilerCount=2"), 100_000);
    shortOf(Errno.EAGAIN, "no thread for it", threads + 100);
  }

  private static void require(boolean there, String otherwise) {
    if (!there && Boolean.getBoolean("coterie.requireTools")) {
      fail(otherwise);
    } else if (!there) {
      abort(otherwise);
    }
  }

  private static Path classFile() {
    String resource = LeaderMain.class.getName().replace('.', '/') + ".class";
    return Path.of(
        java.net.URI.create(
            String.valueOf(LeaderMain.class.getClassLoader().getResource(resource))));
  }

  private static boolean runs(List<String> around, List<String> command) throws IOException {
    List<String> all = new ArrayList<>(around);
    all.addAll(command);
    try {
      return new ProcessBuilder(all)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A leader that is short of something refuses, and serves again as soon as it can. */
  private void shortOf(Errno errno, String why, int count) throws IOException {
    List<Child> crowds = new ArrayList<>(List.of(crowd(), crowd()));
    Opened some = opened(crowds.get(0), count);
    assertThat(some.served()).isPositive();
    assertThat(some.refused(errno)).as("%s", some).isEqualTo(count - some.served());
    workers.awaitProgress();
    // Nothing for anybody, and still nobody waits.
    Opened none = opened(crowds.get(1), 20);
    assertThat(none.served() + none.refused(errno)).as("%s", none).isEqualTo(20);
    double busy = acceptingShare(crowds.get(0));
    requireQuietLog(why);

    int before = connections();
    crowds.get(0).ask("close " + some.served() / 2);
    awaitConnections(before - some.served() / 2);
    awaitReaders(before - some.served() / 2);
    assertThat(opened(crowds.get(1), some.served() / 2).refused().size()).isZero();
    System.out.printf(
        "ManyConnectionsIT: short of %s: %d served, %d refused; slowest answer %d ms; leader's CPU"
            + " for accepting, at the limit: %.2f %%%n",
        errno, some.served(), some.refused(errno), some.slowestMs(), 100 * busy);
    endAll(crowds);
  }

  /** The part of a CPU that the leader uses to accept while there is nobody to be accepted. */
  private double acceptingShare(Child crowd) throws IOException {
    long cpu = Long.parseLong(leader.ask("accepting"));
    long began = System.nanoTime();
    crowd.ask("ping");
    workers.awaitProgress();
    long used = Long.parseLong(leader.ask("accepting")) - cpu;
    double share = (double) used / (System.nanoTime() - began);
    assertThat(share).as("part of a CPU, as nobody comes").isLessThan(0.5);
    return share;
  }
}
