package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.coterie.bench.Bench;
import dev.coterie.bench.BenchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every run in its smallest size: that it comes to an end with figures. No time is looked at. */
@Timeout(300)
class BenchIT {
  private static final Path MEMORY = Path.of("/dev/shm");

  @TempDir private Path folder = Path.of("");
  private Set<Path> before = Set.of();

  private static Set<Path> folders() throws IOException {
    Set<Path> all = new HashSet<>();
    if (Files.isDirectory(MEMORY)) {
      try (var files = Files.newDirectoryStream(MEMORY, "coterie-bench-*")) {
        files.forEach(all::add);
      }
    }
    return all;
  }

  @BeforeEach
  void lookBefore() throws IOException {
    before = folders();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(folders()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"p9", "echo", "locks", "sync", "events", "mockup", "writes", "flat", "nio"})
  void group_smallest_hasFigures(String group) throws BenchException {
    List<String> line = new ArrayList<>(List.of(group, "--small", "--rounds", "1"));
    // Each of a team is to have written something.
    boolean teams = group.equals("mockup") || group.equals("writes");
    line.addAll(List.of("--seconds", teams ? "0.2" : "0.02", "--json"));
    Ran ran = Ran.command(new BenchCommand(), line);
    JsonNode result = JsonMapper.shared().readTree(ByteText.decoded(ran.out()));
    for (JsonNode failure : result.get("failures")) {
      requireTool(failure.get("why").asString());
    }
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    Set<String> seen = new HashSet<>();
    for (JsonNode row : result.get("rows")) {
      seen.add(row.get("run").asString());
      assertThat(row.get("ours").asDouble()).as(row.toString()).isPositive();
      assertThat(row.get("peer").asDouble()).as(row.toString()).isPositive();
      assertThat(row.get("ratio").asDouble()).as(row.toString()).isPositive();
      assertThat(row.get("verdict").asString()).isEqualTo("not-judged");
      assertThat(row.get("reason").asString()).isEqualTo("only 1 round");
      JsonNode sample = row.get("oursByRound").get(0);
      double cpu = sample.get("serverMicros").asDouble() + sample.get("clientMicros").asDouble();
      assertThat(cpu).as(row.toString()).isPositive();
      if (group.equals("nio")) {
        // More would be that of a whole iteration: nothing here takes a megabyte.
        assertThat(sample.get("allocatedBytes").asDouble()).isBetween(1.0, 1e6);
      }
      if (teams) {
        assertThat(row.get("remark").asString()).startsWith("ours lost 0 of ");
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(Bench.select(List.of(group)));
  }

  private static void requireTool(String why) {
    if (!why.contains("is not installed") || Boolean.getBoolean("coterie.requireTools")) {
      fail(why);
    }
    abort(why);
  }

  @Test
  void table_hasALineForEachCase() {
    Ran ran =
        Ran.command(
            new BenchCommand(), List.of("echo", "--small", "--rounds", "1", "--seconds", "0.02"));
    if (ran.status() != 0) {
      requireTool(ran.err());
    }
    List<String> lines = ByteText.decoded(ran.out()).lines().toList();
    assertThat(lines.get(0)).startsWith("Linux ").contains("load average");
    assertThat(lines.get(2)).startsWith("| run ").contains("| ratio ").endsWith("|");
    assertThat(lines.subList(4, lines.size()))
        .hasSize(2)
        .allMatch(
            line -> line.startsWith("| echo ") && line.endsWith("not judged: only 1 round |"));
  }

  @Test
  void list_namesAll() {
    Ran ran = Ran.command(new BenchCommand(), List.of("--list"));
    assertThat(ran.status()).isZero();
    assertThat(ran.out().lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactlyElementsOf(Bench.list().keySet());
  }

  @Test
  void badArguments_areOneLine() {
    assertThat(Ran.command(new BenchCommand(), List.of("nothing")))
        .isEqualTo(new Ran(2, "", "coterie: bench: no run 'nothing'; see coterie bench --list\n"));
    assertThat(Ran.command(new BenchCommand(), List.of("--seconds", "0")))
        .isEqualTo(
            new Ran(2, "", "coterie: bench: --seconds: not a number from 0.01 to 600.0: 0\n"));
  }

  /** On a machine without a compiler, and with none of what was compiled before. */
  @Test
  void missingTool_isOneLineAndStatus1() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "bench",
            "echo",
            "--rounds",
            "1");
    builder.environment().put("PATH", "");
    builder.environment().put("XDG_CACHE_HOME", folder.toString());
    Process process = builder.start();
    String out = ByteText.of(process.getInputStream().readAllBytes());
    String err = ByteText.of(process.getErrorStream().readAllBytes());
    assertThat(new Ran(process.waitFor(), out, err))
        .isEqualTo(
            new Ran(
                1,
                "",
                "coterie: bench: echo: gcc is not installed (package gcc, with libc6-dev)\n"));
  }
}
