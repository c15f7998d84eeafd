package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code coterie lock} and {@code coterie locks}, over a socket, as a user types them. */
@Timeout(120)
class LockIT {
  @TempDir private Path folder = Path.of("");
  private Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
  private final List<Process> processes = new ArrayList<>();

  LockIT() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    leader.close();
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .start();
  }

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Ran run(String... words) {
    return Ran.command(Map.of(SocketPath.VARIABLE, folder.resolve("socket").toString()), "", words);
  }

  private JsonNode locks() {
    Ran ran = run("locks", "--json");
    assertThat(ran.err()).isEmpty();
    return JsonMapper.shared().readTree(ran.out());
  }

  private int waiting() {
    int waiting = 0;
    for (JsonNode file : locks().get("files")) {
      waiting += file.get("waits").size();
    }
    return waiting;
  }

  /** The same as a process of its own. */
  private Process start(String... words) throws IOException {
    // A shell starts what runs in its background with SIGINT ignored, and a JVM leaves it so.
    List<String> line = new ArrayList<>(List.of("env", "--default-signal=INT"));
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable"));
    line.add("--enable-native-access=ALL-UNNAMED");
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    line.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve("output").toFile());
    builder.environment().put(SocketPath.VARIABLE, folder.resolve("socket").toString());
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private static int statusOf(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** A program that says it has begun, and ends when it is told to. */
  private String[] untilTold(String name) {
    String begun = folder.resolve(name + ".begun").toString();
    String go = folder.resolve(name + ".go").toString();
    String script = "touch '" + begun + "'; until [ -e '" + go + "' ]; do sleep 0.02; done; exit 3";
    return new String[] {"--", "sh", "-c", script};
  }

  private void awaitBegun(String name) {
    await().until(() -> Files.exists(folder.resolve(name + ".begun")));
  }

  private void tell(String name) throws IOException {
    Files.createFile(folder.resolve(name + ".go"));
  }

  private static String[] line(String[] more, String... words) {
    List<String> line = new ArrayList<>(List.of(words));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  @Test
  void lock_statusIsTheProgrammes() {
    assertThat(run("lock", "/f", "--", "sh", "-c", "exit 7")).isEqualTo(new Ran(7, "", ""));
    assertThat(run("lock", "/f", "--shared", "true")).isEqualTo(new Ran(0, "", ""));
    assertThat(run("lock", "/f", "--flock", "--", "sh", "-c", "kill -9 $$").status())
        .isEqualTo(137);
    assertThat(run("ls").out()).isEqualTo("f\n");
    assertThat(locks().get("files")).isEmpty();
  }

  @Test
  void lock_failures_areOneLine() {
    assertThat(run("lock", "/none/f", "true"))
        .isEqualTo(new Ran(1, "", "coterie: lock: /none/f: No such file or directory\n"));
    assertThat(run("lock", "/", "true"))
        .isEqualTo(new Ran(1, "", "coterie: lock: /: Is a directory\n"));
    assertThat(run("lock", "/f", "no-such-program"))
        .isEqualTo(new Ran(127, "", "coterie: lock: no-such-program: command not found\n"));
    for (String bad : List.of("", "x", "5-4", "-1-5", "1-2-3", "99999999999999999999-")) {
      assertThat(run("lock", "/f", "--range=" + bad, "true"))
          .isEqualTo(new Ran(2, "", "coterie: lock: --range: not A-B in bytes: " + bad + "\n"));
    }
    for (String bad : List.of("x", "-1", "1e99")) {
      assertThat(run("lock", "/f", "--timeout=" + bad, "true").status()).as(bad).isEqualTo(2);
    }
    assertThat(run("lock", "/f", "--flock", "--range", "1-2", "true").status()).isEqualTo(2);
    assertThat(run("lock", "/f").status()).isEqualTo(2);
  }

  @Test
  void lock_heldByAnother_isWaitedForOrNot() throws Exception {
    Process holder = start(line(untilTold("a"), "lock", "/f", "--range", "10-19"));
    awaitBegun("a");
    assertThat(run("lock", "/f", "--timeout", "0", "true"))
        .isEqualTo(new Ran(1, "", "coterie: lock: /f: locked by another process\n"));
    assertThat(run("lock", "/f", "--timeout", "0.01", "--conflict-exit-code", "9", "true").status())
        .isEqualTo(9);
    assertThat(run("lock", "/f", "--range", "19-", "-s", "--timeout", "0", "true").status())
        .isEqualTo(1);
    assertThat(run("lock", "/f", "--range", "20-", "--timeout", "0", "true").status()).isZero();
    assertThat(run("lock", "/f", "--range", "9", "--timeout", "0", "true").status()).isZero();
    assertThat(run("lock", "/f", "--flock", "--timeout", "0", "true").status()).isZero();
    CompletableFuture<Ran> waiter =
        CompletableFuture.supplyAsync(() -> run("lock", "/f", "--timeout", "100", "true"));
    await().until(() -> waiting() == 1);
    tell("a");
    assertThat(waiter.get(60, TimeUnit.SECONDS)).isEqualTo(new Ran(0, "", ""));
    assertThat(statusOf(holder)).isEqualTo(3);
  }

  @Test
  void locks_saysWhoHoldsAndWhoWaits() throws Exception {
    assertThat(run("locks")).isEqualTo(new Ran(0, "deadlocks refused: 0\n", ""));
    Process holder = start(line(untilTold("a"), "lock", "/f", "--range", "5-"));
    awaitBegun("a");
    Process waiter = start(line(untilTold("b"), "lock", "/f", "-s"));
    await().until(() -> waiting() == 1);
    long owner = holder.pid();
    JsonNode file = locks().get("files").get(0);
    assertThat(file.get("path").asString()).isEqualTo("/f");
    JsonNode held = file.get("held").get(0);
    assertThat(held.get("pid").asLong()).isEqualTo(owner);
    assertThat(held.get("kind").asString()).isEqualTo("ofd");
    assertThat(held.get("type").asString()).isEqualTo("exclusive");
    assertThat(held.get("first").asLong()).isEqualTo(5);
    assertThat(held.get("last").asLong()).isEqualTo(Long.MAX_VALUE);
    JsonNode wait = file.get("waits").get(0);
    assertThat(wait.get("pid").asLong()).isEqualTo(waiter.pid());
    assertThat(wait.get("for").get(0).get("pid").asLong()).isEqualTo(owner);
    assertThat(run("locks").out().lines().map(line -> line.replaceAll(" +", " ")).toList())
        .containsExactly(
            "kind type bytes owner pid state path",
            "ofd exclusive 5- 1 " + owner + " held /f",
            "ofd shared 0- 2 " + waiter.pid() + " waits for 1(pid " + owner + ") /f",
            "deadlocks refused: 0");
    tell("a");
    awaitBegun("b");
    tell("b");
    assertThat(statusOf(holder)).isEqualTo(3);
    assertThat(statusOf(waiter)).isEqualTo(3);
    assertThat(locks().get("files")).isEmpty();
  }

  @Test
  void signal_endsTheWait() throws Exception {
    Process holder = start(line(untilTold("a"), "lock", "/f"));
    awaitBegun("a");
    for (String signal : List.of("INT", "TERM", "KILL")) {
      Process waiter = start("lock", "/f", "true");
      await().until(() -> waiting() == 1);
      new ProcessBuilder("kill", "-" + signal, Long.toString(waiter.pid())).start().waitFor();
      assertThat(statusOf(waiter))
          .isEqualTo(128 + (signal.equals("INT") ? 2 : signal.equals("TERM") ? 15 : 9));
      await().until(() -> waiting() == 0);
    }
    tell("a");
    assertThat(statusOf(holder)).isEqualTo(3);
  }

  @Test
  void sigterm_endsTheProgramFirst() throws Exception {
    Process holder = start(line(untilTold("a"), "lock", "/f"));
    awaitBegun("a");
    List<ProcessHandle> programs = holder.descendants().toList();
    assertThat(programs).isNotEmpty();
    holder.destroy();
    statusOf(holder);
    assertThat(programs.getFirst().isAlive()).isFalse();
    await().until(() -> locks().get("files").isEmpty());
  }

  @Test
  void leaderThatIsGone_isAFailureOfTheLock() throws Exception {
    Process holder = start(line(untilTold("a"), "lock", "/f"));
    awaitBegun("a");
    leader.close();
    Files.writeString(folder.resolve("a.go"), "");
    assertThat(statusOf(holder)).isEqualTo(3);
    assertThat(Files.readString(folder.resolve("output"))).startsWith("coterie: lock: /f: ");
    assertThat(Files.readAllLines(folder.resolve("output"))).hasSize(1);
  }
}
