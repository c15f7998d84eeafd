package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.FileService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The demos with real processes: on a right leader they find nothing, on a wrong one its fault. */
@Timeout(300)
class DemoIT {
  private static final List<String> ZERO =
      List.of("lost", "torn", "doubled", "misordered", "stale");

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
    CompletableFuture<Ran> demo =
        CompletableFuture.supplyAsync(() ->
            run(UnaryOperator.identity(), "append", "--records", "100000000", "--silence", "5000"));
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
