package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mounts whose requests come over io_uring are like others. */
@Timeout(600)
class UringMountIT {
  private static final String URING = "--uring";
  private static final int END_SECONDS = 60;

  /** Sizes and places that are those of no buffer. */
  private static final String LARGE_FILES =
      """
      set -e
      cd "$1"
      head -c 9000001 /dev/urandom > a
      dd if=a of=b bs=1234567 2>/dev/null; cmp a b
      dd if=a of=c bs=1M 2>/dev/null; cmp a c
      dd if=a of=d bs=4095 count=700 2>/dev/null; cmp -n 2866500 a d
      dd if=a of=c bs=1M seek=3 skip=3 count=2 conv=notrunc iflag=direct oflag=direct 2>/dev/null; cmp a c
      cat a >> b; test $(stat -c %s b) = 18000002; tail -c 9000001 b | cmp - a
      for i in $(seq 3000); do echo $i; done > names
      mkdir many; cd many; xargs touch < ../names; ls -f | grep -vc '^[.]'; cd ..
      rm -r many; ls
      """;

  /** Says a line when it has begun, and one when it has to end. */
  private static final String LOAD =
      """
      cd "$1"; echo x > "log$2"; echo begun
      while echo x >> "log$2" && cat "log$2" > /dev/null && ls > /dev/null; do :; done 2>/dev/null
      echo over
      """;

  @TempDir Path folder = Path.of("");
  private UringSwitch offered;
  private final List<Process> load = new ArrayList<>();

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/python3");
  }

  @BeforeEach
  void offer() throws IOException {
    offered = UringSwitch.set(true);
  }

  @AfterEach
  void takeBack() throws IOException {
    load.forEach(Process::destroyForcibly);
    offered.close();
  }

  private Mounts mounts(int count) throws IOException {
    return new Mounts(folder, "tmpfs", count, 0, URING);
  }

  private void startLoad(Mounts mounts) throws IOException {
    for (int i = 0; i < 4; i++) {
      Process process =
          new ProcessBuilder("sh", "-c", LOAD, "sh", mounts.first.toString(), "" + i).start();
      load.add(process);
      assertThat(process.inputReader().readLine()).isEqualTo("begun");
    }
  }

  private void requireLoadEnds() throws InterruptedException {
    for (Process process : load) {
      assertThat(process.waitFor(END_SECONDS, TimeUnit.SECONDS)).as("calls end").isTrue();
    }
  }

  private static Shell coterie(Object... words) throws Exception {
    List<String> line = new ArrayList<>();
    for (Object word : words) {
      line.add(word.toString());
    }
    return Shell.run(Coterie.line(line.toArray(String[]::new)), Map.of());
  }

  // ---- beginning ----

  @Test
  void mount_showsAndCounts() throws Exception {
    Path directory = Files.createDirectory(folder.resolve("m"));
    Path socket = folder.resolve("s");
    try (Coterie _ = Coterie.start("up", "--socket", socket.toString())) {
      Process mount =
          new ProcessBuilder(
                  Coterie.line("mount", URING, "--show", socket.toString(), directory.toString()))
              .redirectErrorStream(true)
              .start();
      BufferedReader said = mount.inputReader();
      assertThat(said.readLine()).isEqualTo("coterie: mounted on " + directory);
      assertThat(said.readLine()).isEqualTo("way: mount(2)");
      assertThat(said.readLine()).startsWith("kernel: FUSE 7.");
      assertThat(said.readLine()).startsWith("taken: ").contains(" over_io_uring ");
      Shell.run("mkdir \"$1/d\" && rmdir \"$1/d\"", directory).ok();
      Shell told = coterie("stats", directory);
      assertThat(told.out()).containsPattern("mkdir +1 +0 ").containsPattern("rmdir +1 +0 ");
      assertThat(coterie("unmount", directory)).isEqualTo(new Shell(0, ""));
      assertThat(mount.waitFor()).isZero();
    }
  }

  @Test
  void run_givesItsStatus() throws Exception {
    assertThat(coterie("run", URING, "--", "sh", "-c", "echo hello > f; cat f; exit 7"))
        .isEqualTo(new Shell(7, "hello\n"));
  }

  @Test
  void kernelThatDoesNotOffer_isTalkedToByTheDevice() throws Exception {
    offered.close();
    offered = UringSwitch.set(false);
    Shell ran = coterie("run", URING, "--", "sh", "-c", "echo hello > f; cat f");
    assertThat(ran.status()).isZero();
    assertThat(ran.out().lines().toList())
        .containsExactly(
            "coterie: this kernel does not offer FUSE over io_uring unless root says so:"
                + " echo Y > /sys/module/fuse/parameters/enable_uring; /dev/fuse is used",
            "hello");
  }

  // ---- files ----

  @Test
  void largeFilesAndDirectories_areWhole() throws Exception {
    try (Mounts mounts = mounts(1)) {
      assertThat(Shell.run(LARGE_FILES, mounts.first).ok()).isEqualTo("3000\na\nb\nc\nd\nnames");
      mounts.end();
    }
  }

  @Test
  void calls_areAsOnALocalFileSystem() throws Exception {
    String script = Scripts.path("python/file_calls.py").toString();
    Map<String, String> failed = new TreeMap<>();
    try (Mounts mounts = mounts(1)) {
      for (String name : Shell.run("python3 \"$1\"", script).ok().split("\n", -1)) {
        Shell ran = Shell.run("python3 \"$@\"", script, name, mounts.directory(name));
        if (ran.status() != 0 || !ran.out().isEmpty()) {
          failed.put(name, ran.out());
        }
      }
      mounts.end();
    }
    assertThat(failed).isEmpty();
  }

  @Test
  void twoMounts_appendByEight_losesNothing() throws Exception {
    try (Mounts mounts = mounts(2)) {
      MountIT.requireAppendLosesNothing(mounts.first, mounts.second);
      mounts.end();
    }
  }

  // ---- end, while much is under way ----

  @Test
  void terminated_isUnmounted() throws Exception {
    try (Mounts mounts = mounts(1)) {
      startLoad(mounts);
      assertThat(mounts.gate().terminate()).isZero();
      requireLoadEnds();
      assertThat(coterie("unmount", mounts.first).out()).contains("not a mount");
    }
  }

  @Test
  void unmounted_inUse_isRefusedUnlessForced() throws Exception {
    try (Mounts mounts = mounts(1)) {
      startLoad(mounts);
      assertThat(coterie("unmount", mounts.first).out()).contains("in use");
      assertThat(coterie("unmount", "--force", mounts.first)).isEqualTo(new Shell(0, ""));
      requireLoadEnds();
      assertThat(mounts.gate().awaitEnd()).isZero();
    }
  }

  @Test
  void killed_callsEndAndNothingIsLost() throws Exception {
    try (Mounts mounts = mounts(2)) {
      Shell.run("echo kept > \"$1/f\"", mounts.first).ok();
      startLoad(mounts);
      mounts.gate().kill();
      requireLoadEnds();
      assertThat(coterie("unmount", mounts.first)).isEqualTo(new Shell(0, ""));
      assertThat(Shell.run("cat \"$1/f\"", mounts.second).ok()).isEqualTo("kept");
    }
  }
}
