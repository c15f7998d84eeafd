package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.FileService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The demos with real processes: on a right leader they find nothing, on a wrong one its fault. */
@Timeout(300)
class DemoIT {
  private static final List<String> ZERO =
      List.of("lost", "torn", "doubled", "misordered", "stale");

  /** How much there is to expect of each with 1000 records, of which a tenth is used. */
  private static final Map<String, Long> EVENTS =
      Map.of(
          "events-counters", 4 * (33L * (1 + 2 + 3) + 1),
          "events-notified", 400L,
          "events-cycles", 100L,
          "events-two-sets", 200L,
          "events-given-up", 100L,
          "events-fifo", 400L,
          "events-watch", 400L,
          "events-killed", 8L);

  private static final Map<String, UnaryOperator<FileService>> FAULTS =
      Map.of(
          "Swallowing", FaultyEvents.Swallowing::new,
          "Doubling", FaultyEvents.Doubling::new,
          "Miscounting", FaultyEvents.Miscounting::new,
          "TornPipe", FaultyEvents.TornPipe::new,
          "Forgetful", FaultyEvents.Forgetful::new);

  private static Ran run(UnaryOperator<FileService> decorator, String... words) {
    List<String> line = new ArrayList<>(List.of(words));
    line.add("--json");
    return Ran.command(new DemoCommand(decorator), line);
  }

  private static JsonNode tally(Ran ran, String demo) {
    return JsonMapper.shared().readTree(ran.out()).get(demo);
  }

  @AfterEach
  void noProcessIsLeft() {
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void all_rightLeader_findNothing() {
    Ran ran = run(UnaryOperator.identity(), "--records", "1000", "--rounds", "20");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    for (String demo : List.of("simple", "append", "shared-handle", "locks")) {
      JsonNode tally = tally(ran, demo);
      assertThat(tally.get("arrived").asLong()).as(demo).isEqualTo(tally.get("expected").asLong());
      assertThat(tally.get("perSecond").asLong()).as(demo).isPositive();
      for (String column : ZERO) {
        assertThat(tally.get(column).asLong()).as(demo + " " + column).isZero();
      }
    }
    assertThat(tally(ran, "append").get("expected").asLong()).isEqualTo(4000);
    // 20 rounds of 5 steps, seen by 3 others: 6 looks at each, 5 when the file is gone.
    assertThat(tally(ran, "simple").get("expected").asLong()).isEqualTo(20 * 29 * 3);
  }

  /** With copies: every column is zero, and leases were granted. */
  @Test
  void all_withCopies_findNothing() {
    AtomicInteger granted = new AtomicInteger();
    Ran ran =
        run(
            right -> new LeasesOfDemo.Counting(right, granted),
            "--copies",
            "--records",
            "1000",
            "--rounds",
            "20");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    for (String demo : List.of("simple", "append", "shared-handle", "locks")) {
      JsonNode tally = tally(ran, demo);
      assertThat(tally.get("expected").asLong()).as(demo).isPositive();
      assertThat(tally.get("arrived").asLong()).as(demo).isEqualTo(tally.get("expected").asLong());
      for (String column : ZERO) {
        assertThat(tally.get(column).asLong()).as(demo + " " + column).isZero();
      }
    }
    assertThat(granted).hasPositiveValue();
  }

  @Test
  void events_withCopies_findNothing() {
    Ran ran = run(UnaryOperator.identity(), "events", "--copies", "--records", "100");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    for (JsonNode tally : JsonMapper.shared().readTree(ran.out())) {
      assertThat(tally.get("arrived").asLong()).isEqualTo(tally.get("expected").asLong());
      for (String column : ZERO) {
        assertThat(tally.get(column).asLong()).as(column).isZero();
      }
    }
  }

  @Test
  void simple_withCopies_forgottenLease_isSeen() {
    Ran ran = run(LeasesOfDemo.Forgetting::new, "simple", "--copies", "--rounds", "50");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "simple").get("stale").asLong()).isPositive();
  }

  @Test
  void table_rightLeader_namesTheColumns() {
    Ran ran =
        Ran.command(new DemoCommand(), List.of("append", "--processes", "2", "--records", "10"));
    assertThat(ran.status()).isZero();
    assertThat(ran.out().lines().map(line -> line.strip().replaceAll(" +", " ")).toList())
        .hasSize(2)
        .first()
        .isEqualTo("demo expected arrived lost torn doubled misordered stale perSecond");
    assertThat(ran.out()).containsPattern("\nappend +20 +20 +0 +0 +0 +0 +0 +[0-9]+\n");
  }

  @Test
  void append_inTwoSteps_losesRecords() {
    Ran ran = run(FaultyService.TornAppend::new, "append", "--records", "1000");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "append").get("lost").asLong()).isPositive();
  }

  @Test
  void sharedHandle_offsetInThreeSteps_losesRecords() {
    Ran ran = run(FaultyService.TornOffset::new, "shared-handle", "--records", "1000");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "shared-handle").get("lost").asLong()).isPositive();
  }

  @Test
  void locks_thatExcludeNobody_loseRecords() {
    Ran ran = run(FaultyService.NoLocks::new, "locks", "--records", "5000");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "locks").get("lost").asLong()).isPositive();
  }

  @Test
  void locks_thatKnowTheirOwnKindAlone_loseRecords() {
    Ran ran = run(FaultyService.KindsApart::new, "locks", "--records", "5000");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "locks").get("lost").asLong()).isPositive();
  }

  @Test
  void events_rightLeader_findNothing() {
    Ran ran = run(UnaryOperator.identity(), "events", "--records", "1000");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    assertThat(JsonMapper.shared().readTree(ran.out()).propertyNames())
        .containsExactlyInAnyOrderElementsOf(EVENTS.keySet());
    EVENTS.forEach((demo, expected) -> {
      JsonNode tally = tally(ran, demo);
      assertThat(tally.get("expected").asLong()).as(demo).isEqualTo(expected);
      assertThat(tally.get("arrived").asLong()).as(demo).isEqualTo(expected);
      assertThat(tally.get("perSecond").asLong()).as(demo).isPositive();
      for (String column : ZERO) {
        assertThat(tally.get(column).asLong()).as(demo + " " + column).isZero();
      }
    });
  }

  @ParameterizedTest
  @CsvSource({
    "events-counters, Miscounting, lost",
    "events-notified, Swallowing, lost",
    "events-notified, Doubling, doubled",
    "events-cycles, Doubling, doubled",
    "events-two-sets, Doubling, doubled",
    "events-given-up, Swallowing, lost",
    "events-given-up, Doubling, doubled",
    "events-fifo, TornPipe, torn",
    "events-watch, Forgetful, lost",
  })
  void events_fault_isCounted(String demo, String fault, String column) {
    Ran ran = run(Objects.requireNonNull(FAULTS.get(fault)), demo, "--records", "1000");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, demo).get(column).asLong()).isPositive();
  }

  /** The edge of the set that is shared goes to the dead, and so does the wake-up of one alone. */
  @Test
  void eventsKilled_deadProcessThatWaitsOn_isCounted() {
    Ran ran = run(FaultyEvents.Undead::new, "events-killed");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "events-killed").get("lost").asLong()).isEqualTo(1);
    assertThat(tally(ran, "events-killed").get("stale").asLong()).isEqualTo(1);
  }

  @Test
  void simple_staleStat_isSeen() {
    Ran ran = run(FaultyService.StaleStat::new, "simple", "--rounds", "10");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "simple").get("stale").asLong()).isPositive();
  }

  @Test
  void simple_staleList_isSeen() {
    Ran ran = run(FaultyService.StaleList::new, "simple", "--rounds", "10");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(tally(ran, "simple").get("stale").asLong()).isPositive();
  }

  @Test
  void append_workerKilled_isReported() {
    CompletableFuture<Ran> demo =
        CompletableFuture.supplyAsync(
            () -> run(UnaryOperator.identity(), "append", "--records", "100000000"));
    ProcessHandle victim = awaitWorker(demo);
    assertThat(victim.destroyForcibly()).isTrue();
    Ran ran = demo.join();
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).startsWith("coterie: demo: append: worker ").contains("died");
    assertThat(ran.err().lines()).hasSize(1);
  }

  @Test
  void append_workerStopped_isReported() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CompletableFuture<Ran> demo =
        CompletableFuture.supplyAsync(() ->
            run(
                right -> new FaultyService.Telling(right, writing),
                "append",
                "--records",
                "100000000",
                "--silence",
                "8000"));
    writing.await(); // all have begun
    ProcessHandle victim = awaitWorker(demo);
    new ProcessBuilder("kill", "-STOP", Long.toString(victim.pid())).start().waitFor();
    Ran ran = demo.join();
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("pid " + victim.pid()).contains("hangs");
  }

  /** One of the workers, once all are there: until then a child may still be on its way to one. */
  private static ProcessHandle awaitWorker(CompletableFuture<Ran> demo) {
    while (true) {
      List<ProcessHandle> workers =
          ProcessHandle.current().children().filter(DemoIT::isWorker).toList();
      if (workers.size() == 4) {
        return workers.getFirst();
      }
      assertThat(demo).isNotDone();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private static boolean isWorker(ProcessHandle process) {
    return process.isAlive()
        && List.of(process.info().arguments().orElse(new String[0])).contains(WorkerCommand.WORD);
  }
}
