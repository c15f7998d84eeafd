package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The leader as a process: what it says, what it refuses, how it ends. */
@Timeout(120)
class UpIT {
  @TempDir private Path folder = Path.of("");
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  private Process up(Map<String, String> environment, String... options) throws IOException {
    List<String> line = new ArrayList<>();
    // A shell starts what runs in its background with SIGINT ignored, and a JVM leaves it so.
    line.addAll(List.of("env", "--default-signal=INT"));
    line.add(System.getProperty("java.home") + "/bin/java");
    line.add("--enable-native-access=ALL-UNNAMED");
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.addAll(List.of(Main.class.getName(), "up"));
    line.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().putAll(environment);
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private Process up(String... options) throws IOException {
    return up(Map.of(), options);
  }

  private static String firstLine(Process process) throws IOException {
    try (BufferedReader reader = process.inputReader()) {
      String line = reader.readLine();
      if (line == null) {
        throw new AssertionError("ended: " + process.errorReader().lines().toList());
      }
      return line;
    }
  }

  private String socket() {
    return folder.resolve("socket").toString();
  }

  private Ran ls() {
    return Ran.command(Map.of(SocketPath.VARIABLE, socket()), "", "ls");
  }

  @Test
  void up_sigterm_endsCleanly() throws Exception {
    Process leader = up("--socket", socket(), "--mount", "/=tmpfs", "--mount", "/d=tmpfs,size=1m");
    assertThat(firstLine(leader))
        .isEqualTo("coterie: serving; connect with COTERIE_SOCKET=" + socket());
    assertThat(ls()).isEqualTo(new Ran(0, "d\n", ""));
    BufferedReader errors = leader.errorReader();
    signal("-TERM", leader);
    assertThat(leader.waitFor()).isZero();
    assertThat(errors.lines()).isEmpty();
    assertThat(Path.of(socket())).doesNotExist();
  }

  @Test
  void up_sigint_endsCleanly() throws Exception {
    Process leader = up("--socket", socket());
    firstLine(leader);
    signal("-INT", leader);
    assertThat(leader.waitFor()).isZero();
  }

  /** Not Process.destroy, which closes the streams of the process as well. */
  private static void signal(String name, Process process) throws Exception {
    new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
  }

  @Test
  void up_secondLeader_isRefused() throws Exception {
    firstLine(up("--socket", socket()));
    Process second = up("--socket", socket());
    assertThat(second.waitFor()).isEqualTo(1);
    assertThat(second.errorReader().lines())
        .containsExactly("coterie: up: cannot start: another leader serves " + socket());
    assertThat(ls().status()).isZero();
  }

  @Test
  void up_socketOfADeadLeader_isTakenOver() throws Exception {
    Process first = up("--socket", socket());
    firstLine(first);
    first.destroyForcibly().waitFor();
    assertThat(Path.of(socket())).exists();
    firstLine(up("--socket", socket()));
    assertThat(ls().status()).isZero();
  }

  @Test
  void up_configAndTcp_areServed() throws Exception {
    Path config = folder.resolve("tree.toml");
    Files.writeString(
        config,
        "socket = '"
            + socket()
            + "'\ntcp = 0\ntcp-trust = true\n[[mount]]\npath = '/c'\n"
            + "kind = 'tmpfs'\n");
    Process leader = up("--config", config.toString(), "--json");
    JsonNode json = JsonMapper.shared().readTree(firstLine(leader));
    assertThat(json.get("socket").asString()).isEqualTo(socket());
    assertThat(json.get("pid").asLong()).isEqualTo(leader.pid());
    assertThat(json.get("mounts").size()).isEqualTo(2);
    String tcp = "tcp:" + json.get("tcp").asString();
    assertThat(Ran.command(Map.of(), "", "ls", "--socket", tcp)).isEqualTo(new Ran(0, "c\n", ""));
  }

  @Test
  void up_noSocketNamed_takesThatOfTheUser() throws Exception {
    Map<String, String> environment = Map.of("XDG_RUNTIME_DIR", folder.toString());
    firstLine(up(environment));
    Path own = folder.resolve("coterie");
    assertThat((Integer) Files.getAttribute(own, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777)
        .isEqualTo(0700);
    assertThat(Ran.command(environment, "", "ls").status()).isZero();
  }

  @Test
  void up_badOptions_failInOneLine() throws Exception {
    Process leader = up("--mount", "/=nofs");
    assertThat(leader.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(leader.exitValue()).isEqualTo(2);
    assertThat(leader.errorReader().lines())
        .containsExactly("coterie: up: mount /: unknown kind 'nofs'; there is tmpfs, host");
  }
}
