package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.Tree;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code coterie watch}, as scripts use it. */
// A line that never comes must not be waited for: reading it cannot be interrupted.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class WatchIT {
  @TempDir private Path folder;
  private Leader leader;
  private FileService session;
  private Tree tree;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .start();
    session = leader.openSession();
    tree = Tree.of(session, Caller.ROOT);
    tree.mkdir("/w", 0777);
  }

  @AfterEach
  void stop() {
    started.forEach(Process::destroyForcibly);
    tree.close();
    session.close();
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Map<String, String> environment() {
    return Map.of(SocketPath.VARIABLE, folder.resolve("socket").toString());
  }

  private Process watch(String... options) throws IOException {
    // A shell starts what runs in its background with SIGINT ignored, and a JVM leaves it so.
    List<String> line = new ArrayList<>(List.of("env", "--default-signal=INT"));
    line.add(System.getProperty("java.home") + "/bin/java");
    line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.addAll(List.of(Main.class.getName(), "watch"));
    line.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().putAll(environment());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  @Test
  void watch_printsALineForEachChange_atOnce() throws Exception {
    Process watcher = watch("--ready", "--recursive", "/w");
    BufferedReader out = watcher.inputReader();
    assertThat(out.readLine()).isEqualTo("READY");
    tree.mkdir("/w/a", 0755);
    assertThat(out.readLine()).isEqualTo("CREATE|ISDIR /w/a");
    tree.mkdir("/w/a/b", 0755);
    assertThat(out.readLine()).isEqualTo("CREATE|ISDIR /w/a/b");
    tree.rename("/w/a/b", "/w/c", 0);
    assertThat(out.readLine()).isEqualTo("MOVED_FROM|ISDIR /w/a/b");
    assertThat(out.readLine()).isEqualTo("MOVED_TO|ISDIR /w/c");
  }

  @Test
  void watch_interrupted_endsWithoutAWord() throws Exception {
    for (String signal : List.of("-INT", "-TERM")) {
      Process watcher = watch("--ready", "/w");
      BufferedReader out = watcher.inputReader();
      assertThat(out.readLine()).isEqualTo("READY");
      new ProcessBuilder("kill", signal, Long.toString(watcher.pid())).start().waitFor();
      assertThat(watcher.waitFor()).isEqualTo(signal.equals("-INT") ? 130 : 143);
      assertThat(out.lines()).isEmpty();
      assertThat(watcher.errorReader().lines()).isEmpty();
    }
  }

  @Test
  void watch_json_isAnObjectALine() throws Exception {
    Process watcher = watch("--ready", "--json", "--count", "3", "/w");
    BufferedReader out = watcher.inputReader();
    assertThat(JsonMapper.shared().readTree(out.readLine()).get("ready").asInt()).isEqualTo(1);
    tree.mkdir("/w/\u00e4", 0755);
    tree.rename("/w/\u00e4", "/w/b", 0);
    List<JsonNode> lines = out.lines().map(JsonMapper.shared()::readTree).toList();
    assertThat(watcher.waitFor()).isZero();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).get("path").asString()).isEqualTo("/w/\u00e4");
    assertThat(lines.get(0).get("kinds").toString()).isEqualTo("[\"CREATE\",\"ISDIR\"]");
    assertThat(lines.get(1).get("cookie").asLong()).isEqualTo(lines.get(2).get("cookie").asLong());
  }

  @Test
  void watch_endsWithWhatItWatches() throws Exception {
    Process watcher = watch("--ready", "/w");
    BufferedReader out = watcher.inputReader();
    assertThat(out.readLine()).isEqualTo("READY");
    tree.rmdir("/w");
    assertThat(out.lines()).containsExactly("DELETE_SELF /w");
    assertThat(watcher.waitFor()).isZero();
  }

  @Test
  void watch_timeout_saysWhetherTheCountWasReached() {
    assertThat(run("watch", "--timeout", "0", "/w")).isEqualTo(new Ran(0, "", ""));
    assertThat(run("watch", "--timeout", "0", "--count", "1", "/w")).isEqualTo(new Ran(1, "", ""));
  }

  @Test
  void watch_ofNothing_failsInOneLine() {
    assertThat(run("watch", "/none"))
        .isEqualTo(new Ran(1, "", "coterie: watch: /none: No such file or directory\n"));
    assertThat(run("watch", "--count", "x", "/w").status()).isEqualTo(2);
  }

  private Ran run(String... words) {
    return Ran.command(environment(), "", words);
  }
}
