package dev.coterie.check.mount;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A leader, two mounts of its tree by two processes, and those who work on them. */
@Timeout(300)
class MountIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 1000 : 100;
  private static final int RECORDS = Boolean.getBoolean("coterie.full") ? 5000 : 500;

  @TempDir Path folder = Path.of("");
  private Path socket = folder;
  private Path first = folder;
  private Path second = folder;
  private final List<Coterie> started = new ArrayList<>();

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  @BeforeEach
  void makePlaces() throws IOException {
    socket = folder.resolve("socket");
    first = Files.createDirectory(folder.resolve("a"));
    second = Files.createDirectory(folder.resolve("b"));
  }

  @AfterEach
  void endAll() throws IOException, InterruptedException {
    for (Coterie each : started.reversed()) {
      each.close();
    }
    for (Path directory : List.of(first, second)) {
      // Whatever came before; an unmounted one says so.
      Shell.run("umount -l \"$1\" 2>/dev/null; true", directory);
    }
  }

  private Coterie start(Object... words) throws IOException {
    String[] line = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      line[i] = words[i].toString();
    }
    Coterie process = Coterie.start(line);
    started.add(process);
    return process;
  }

  private Coterie up() throws IOException {
    return start("up", "--socket", socket);
  }

  private void up(String kind) throws IOException {
    String tree =
        kind.equals("host") ? "host:" + Files.createDirectory(folder.resolve("data")) : kind;
    start("up", "--socket", socket, "--mount", "/=" + tree);
  }

  private static int run(Object... words) throws IOException, InterruptedException {
    return output(words).status();
  }

  private static Shell output(Object... words) throws IOException, InterruptedException {
    String[] line = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      line[i] = words[i].toString();
    }
    return Shell.run(Coterie.line(line), java.util.Map.of());
  }

  private static boolean isMounted(Path directory) throws IOException {
    try (var mounts = Files.lines(Path.of("/proc/self/mounts"))) {
      return mounts.anyMatch(line -> line.split(" ", -1)[1].equals(directory.toString()));
    }
  }

  // ---- beginning and end ----

  @Test
  void mount_terminated_isUnmounted() throws Exception {
    up();
    Coterie mount = start("mount", socket, first);
    assertThat(Shell.run("echo hello > \"$1/f\" && cat \"$1/f\"", first).ok()).isEqualTo("hello");
    assertThat(isMounted(first)).isTrue();
    assertThat(mount.terminate()).isZero();
    assertThat(isMounted(first)).isFalse();
  }

  @Test
  void twoMounts_withCopies_agree() throws Exception {
    up();
    start("mount", "--copies", "1m", socket, first);
    assertThat(run("mount", "--background", "--copies", "64K", socket, second)).isZero();
    String rounds =
        """
        set -e; : > "$1/f"; cat "$2/f"; i=0
        while [ $i -lt 300 ]; do
          echo $i >> "$1/f"; stat "$2/f" "$2" "$2/absent$i" > "$3" 2>&1 || true
          [ "$(tail -n 1 "$2/f")" = $i ]; : > "$1/absent$i"; [ -e "$2/absent$i" ]; rm "$1/absent$i"
          i=$((i + 1))
        done; wc -l < "$2/f"
        """;
    assertThat(Shell.run(rounds, first, second, folder.resolve("seen")).ok()).isEqualTo("300");
    assertThat(run("unmount", second)).isZero();
  }

  @Test
  void copies_ofNoSize_areRefused() throws Exception {
    Shell refused = output("mount", "--copies", "much", socket, first);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.out()).contains("--copies: no size: much").doesNotContain("Exception");
  }

  @Test
  void mount_unmounted_ends() throws Exception {
    up();
    Coterie mount = start("mount", socket, first);
    assertThat(run("unmount", first)).isZero();
    assertThat(mount.awaitEnd()).isZero();
    assertThat(isMounted(first)).isFalse();
  }

  @Test
  void unmount_inUse_isRefusedUnlessForced() throws Exception {
    up();
    Coterie mount = start("mount", socket, first);
    Process user =
        new ProcessBuilder("sh", "-c", "cd \"$1\" && echo in && read x", "sh", first.toString())
            .start();
    assertThat(user.inputReader().readLine()).isEqualTo("in");
    Shell refused = output("unmount", first);
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.out()).contains("in use").doesNotContain("Exception");
    assertThat(run("unmount", "--force", first)).isZero();
    assertThat(mount.awaitEnd()).isZero();
    user.destroyForcibly();
  }

  /** Who has its files open keeps it alive, but not who serves it. */
  @Test
  void mount_detachedInUse_endsWhenTerminated() throws Exception {
    up();
    Coterie mount = start("mount", socket, first);
    Process user =
        new ProcessBuilder(
                "sh", "-c", "exec 3< \"$1\" && echo in && read x", "sh", first.toString())
            .start();
    assertThat(user.inputReader().readLine()).isEqualTo("in");
    Shell.run("umount -l \"$1\"", first).ok();
    assertThat(mount.terminate()).isZero();
    user.destroyForcibly();
  }

  @Test
  void unmount_noMount_isToldSo() throws Exception {
    Shell told = output("unmount", first);
    assertThat(told.status()).isEqualTo(1);
    assertThat(told.out()).contains("not a mount").hasLineCount(1);
  }

  @Test
  void mount_killed_isClearedByUnmount() throws Exception {
    up();
    Coterie mount = start("mount", socket, first);
    Shell.run("echo kept > \"$1/f\"", first).ok();
    mount.kill();
    assertThat(Shell.run("cat \"$1/f\"", first).status()).isNotZero();
    assertThat(run("unmount", first)).isZero();
    assertThat(isMounted(first)).isFalse();
    start("mount", socket, first);
    assertThat(Shell.run("cat \"$1/f\"", first).ok()).isEqualTo("kept");
  }

  @Test
  void mount_leaderKilled_callsEndAndUnmountWorks() throws Exception {
    Coterie leader = up();
    start("mount", socket, first);
    Process load =
        new ProcessBuilder(
                "sh",
                "-c",
                "while echo x >> \"$1/log\"; do :; done; echo over",
                "sh",
                first.toString())
            .redirectErrorStream(true)
            .start();
    while (Shell.run("test -s \"$1/log\"", first).status() != 0) {}
    leader.kill();
    assertThat(load.waitFor(60, TimeUnit.SECONDS)).as("calls end").isTrue();
    assertThat(Shell.run("ls \"$1\"", first).status()).isNotZero();
    assertThat(run("unmount", "--force", first)).isZero();
    assertThat(isMounted(first)).isFalse();
  }

  @Test
  void mount_readOnly_isRefusedByTheKernel() throws Exception {
    up();
    start("mount", "--options", "ro", socket, first);
    assertThat(Shell.run("echo x > \"$1/f\"", first).out()).contains("Read-only file system");
    assertThat(output("mount", "--options", "nonsense", socket, second).status()).isEqualTo(2);
  }

  /** Listed with attributes or without, two mounts agree; and nothing is left behind. */
  @Test
  void readdirplus_showsWhatTheOtherMountDid() throws Exception {
    up();
    start("mount", "--readdirplus", socket, first);
    start("mount", socket, second);
    String list = "ls -lnR --time-style=full-iso \"$1\" | sed \"s,$1,,\"";
    Shell.run("for i in $(seq 60); do mkdir \"$1/d$i\"; echo $i >\"$1/d$i/f\"; done", second).ok();
    for (String change :
        List.of("true", "rm -r \"$1\"/d1*", "for f in \"$1\"/*/f; do echo more >>$f; done")) {
      Shell.run(change, second).ok();
      assertThat(Shell.run(list, first).ok()).isEqualTo(Shell.run(list, second).ok());
    }
    assertThat(output("stats", first).out()).containsPattern("readdirplus +[1-9]");
    assertThat(output("stats", second).out()).doesNotContain("readdirplus");
  }

  @Test
  void stats_ofMount_countWhatWasAsked() throws Exception {
    up();
    start("mount", socket, first);
    Shell.run("mkdir \"$1/d\" && rmdir \"$1/d\"", first).ok();
    Shell told = output("stats", first);
    assertThat(told.status()).isZero();
    assertThat(told.out()).containsPattern("mkdir +1 +0 ").containsPattern("rmdir +1 +0 ");
    assertThat(output("stats", folder).status()).isEqualTo(1);
  }

  // ---- in the background ----

  @Test
  void mount_inBackground_sharesALeaderUntilTheLastIsGone() throws Exception {
    String name = String.valueOf(folder.getFileName());
    String source = "tmpfs:" + name;
    assertThat(output("mount", "--background", source, first)).isEqualTo(new Shell(0, ""));
    assertThat(output("mount", "-b", source, second)).isEqualTo(new Shell(0, ""));
    Shell.run("echo shared > \"$1/f\"", first).ok();
    assertThat(Shell.run("cat \"$1/f\"", second).ok()).isEqualTo("shared");
    assertThat(run("unmount", first)).isZero();
    assertThat(Shell.run("cat \"$1/f\"", second).ok()).isEqualTo("shared");
    assertThat(leaderIsThere(name)).isTrue();
    assertThat(run("unmount", second)).isZero();
    // The next one is another tree.
    await().atMost(60, TimeUnit.SECONDS).until(() -> !leaderIsThere(name));
    assertThat(run("mount", "-b", source, first)).isZero();
    assertThat(Shell.run("ls \"$1\"", first).ok()).isEmpty();
    assertThat(run("unmount", first)).isZero();
    await().atMost(60, TimeUnit.SECONDS).until(() -> !leaderIsThere(name));
  }

  /**
   * Whether the tree in memory of this name has a leader; other tests have theirs at the same time.
   * Asked of /proc, as ProcessHandle does not tell a long command line.
   */
  private static boolean leaderIsThere(String name) throws IOException {
    String socket = "tmpfs-" + UUID.nameUUIDFromBytes(name.getBytes(ISO_8859_1));
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (isLeader(process, socket)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isLeader(Path process, String socket) {
    try {
      String line = Files.readString(process.resolve("cmdline"), ISO_8859_1);
      return line.contains("--until-unused") && line.contains(socket);
    } catch (IOException e) {
      return false; // it has just ended
    }
  }

  @Test
  void mount_hostInBackground_contentStays() throws Exception {
    Path directory = Files.createDirectory(folder.resolve("data"));
    assertThat(run("mount", "-b", "host:" + directory, first)).isZero();
    Shell.run("echo kept > \"$1/f\"", first).ok();
    assertThat(run("unmount", first)).isZero();
    assertThat(directory.resolve("f")).hasContent("kept\n");
  }

  @Test
  void mount_inBackgroundWithoutLeader_saysWhy() throws Exception {
    Shell told = output("mount", "-b", folder.resolve("nobody"), first);
    assertThat(told.status()).isEqualTo(1);
    assertThat(told.out()).contains("no leader at").hasLineCount(1);
  }

  // ---- run ----

  @Test
  void run_command_hasTreeAndGivesItsStatus() throws Exception {
    Shell ran =
        output(
            "run",
            "--",
            "sh",
            "-c",
            "pwd; test \"$PWD\" = $COTERIE_ROOT || exit 9; echo $$ > f; exit 7");
    assertThat(ran.status()).as(ran.out()).isEqualTo(7);
    Path root = Path.of(ran.out().strip());
    assertThat(root).doesNotExist();
    assertThat(isMounted(root)).isFalse();
    assertThat(output("run", "--", "no-such-command").status()).isEqualTo(127);
    assertThat(output("run", "--", "/etc/passwd").status()).isEqualTo(126);
  }

  @Test
  void run_onHostDirectory_leavesItsContent() throws Exception {
    Shell ran = output("run", "--mount", "/=host:" + first, "--", "sh", "-c", "echo kept > f");
    assertThat(ran.status()).as(ran.out()).isZero();
    assertThat(first.resolve("f")).hasContent("kept\n");
  }

  @Test
  void run_mount_isSeenByNobodyElse() throws Exception {
    Process run =
        new ProcessBuilder(
                Coterie.line("run", "--", "sh", "-c", "echo secret > f; echo $PWD; read x; exit 3"))
            .start();
    String root = run.inputReader().readLine();
    assertThat(Shell.run("cat \"$1/f\"", root).status()).isNotZero();
    run.outputWriter().append("\n").flush();
    assertThat(run.waitFor()).isEqualTo(3);
  }

  // ---- two mounts, one tree ----

  /** After each step, whoever looks through whatever sees that state: by stat, read and list. */
  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void twoMountsAndJava_whoeverLooks_seesTheLastState(String kind) throws Exception {
    up(kind);
    start("mount", socket, first);
    start("mount", socket, second);
    try (LookProcess writer = new LookProcess(first.toString());
        LookProcess same = new LookProcess(first.toString());
        LookProcess other = new LookProcess(second.toString());
        LookProcess java = new LookProcess("coterie:" + socket)) {
      List<LookProcess> watchers = List.of(same, other, java);
      for (int i = 0; i < ROUNDS; i++) {
        step(writer, watchers, "create f" + i, "f" + i, "");
        step(writer, watchers, "write f" + i + " round" + i, "f" + i, "round" + i);
        step(writer, watchers, "append f" + i + " more", "f" + i, "round" + i + "more");
        step(writer, watchers, "rename f" + i + " g", "g", "round" + i + "more");
        step(writer, watchers, "truncate g 3", "g", "rou");
        step(writer, watchers, "remove g", "g", null);
      }
    }
  }

  private static void step(
      LookProcess writer,
      List<LookProcess> watchers,
      String step,
      String name,
      @Nullable String content)
      throws IOException {
    assertThat(writer.ask(step)).isEqualTo("done");
    String state =
        content == null ? "- - []" : content.length() + " =" + content + " [" + name + "]";
    for (LookProcess watcher : watchers) {
      watcher.send("look " + name);
    }
    for (LookProcess watcher : watchers) {
      assertThat(watcher.answer()).as(step).isEqualTo(state);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void twoMounts_appendByEight_losesNothing(String kind) throws Exception {
    up(kind);
    start("mount", socket, first);
    start("mount", socket, second);
    requireAppendLosesNothing(first, second);
  }

  static void requireAppendLosesNothing(Path first, Path second) throws Exception {
    List<LookProcess> writers = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        writers.add(new LookProcess((i % 2 == 0 ? first : second).toString()));
      }
      for (int i = 0; i < writers.size(); i++) {
        writers.get(i).send("log log writer" + i + " " + RECORDS);
      }
      for (LookProcess writer : writers) {
        assertThat(writer.answer()).isEqualTo("done");
      }
    } finally {
      writers.forEach(LookProcess::close);
    }
    TreeMap<String, Integer> next = new TreeMap<>();
    Shell.run("cat \"$1/log\"", second)
        .ok()
        .lines()
        .forEach(line -> {
          int end = line.lastIndexOf(' ');
          String[] words = line.split(" ", 3);
          int expected = next.getOrDefault(words[0], 0);
          assertThat(line).startsWith("%s %08d ".formatted(words[0], expected));
          assertThat(line.substring(end + 1)).isEqualTo(LookMain.crc(line.substring(0, end)));
          next.put(words[0], expected + 1);
        });
    assertThat(next).hasSize(8);
    assertThat(next.values()).containsOnly(RECORDS);
  }
}
