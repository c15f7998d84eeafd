package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client in C of {@code examples/} counts beside clients in Java, and all counts are there. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CounterExampleIT {
  private static final int EACH = Boolean.getBoolean("coterie.full") ? 10_000 : 1_000;
  private static final Path SOURCE =
      Path.of(System.getProperty("basedir", ""), "..", "examples", "counter.c");

  @TempDir private static Path compiled = Path.of("");
  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void compile() throws Exception {
    HostTools.requireTool("cc", "gcc");
    run("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program(), SOURCE.toString());
  }

  private static String program() {
    return compiled.resolve("counter").toString();
  }

  private static Process start(String... command) throws IOException {
    Path said = Files.createTempFile(compiled, "said", "");
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(Redirect.to(said.toFile()))
        .start();
  }

  private static void run(String... command) throws Exception {
    end(start(command));
  }

  private static void end(Process process) throws Exception {
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      fail("it does not end");
    }
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void counters_inCAndInJava_countTogether() throws Exception {
    try (Served served = Served.in(folder)) {
      String socket = served.socket.toString();
      List<Process> inC = new ArrayList<>();
      try (Child one = Child.start(folder, CounterMain.class, socket, "counter");
          Child other = Child.start(folder, CounterMain.class, socket, "counter")) {
        one.hear("open");
        other.hear("open");
        one.say("add " + EACH);
        other.say("add " + EACH);
        for (int i = 0; i < 2; i++) {
          inC.add(start(program(), socket, "counter", Integer.toString(EACH)));
        }
        one.hear("add");
        other.hear("add");
        for (Process process : inC) {
          end(process);
        }
        assertThat(one.ask("read")).isEqualTo(Integer.toString(4 * EACH));
        one.end();
        other.end();
      } finally {
        inC.forEach(Process::destroyForcibly);
      }
      served.awaitIdle();
    }
  }

  @Test
  void counter_withoutALeader_saysSoInOneLine() throws Exception {
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(program(), folder.resolve("none").toString(), "counter", "1")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(Files.readAllLines(said)).singleElement().asString().contains("No such file");
  }
}
