package dev.coterie.check.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.FileService;
import dev.coterie.check.host.HostTools;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random scripts of event sets in sets, counters, FIFOs, dup and close, by level, edge, one-shot
 * and exclusive: each call answers what the kernel's own epoll, eventfd and FIFOs answer. Only in
 * which order a wait reports is not compared, as nobody promises it.
 */
class KernelEventsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS = FULL ? 400 : 12;
  private static final int LENGTH = FULL ? 1_000 : 600;

  @TempDir Path directory;

  @BeforeAll
  static void requirePython() {
    HostTools.requireTool("python3", "python3");
  }

  @Test
  @Timeout(600)
  void randomScripts_answerAsTheKernel() throws Exception {
    Long wanted = Long.getLong("coterie.seed");
    long first = wanted != null ? wanted : 1;
    Map<String, Integer> outcomes = new TreeMap<>();
    for (long seed = first; seed < first + (wanted != null ? 1 : SEEDS); seed++) {
      compare(seed, outcomes);
    }
    System.out.println("outcomes: " + outcomes);
    // A script that only fails, or never sees an event, compares nothing.
    if (wanted == null) {
      assertThat(outcomes.keySet())
          .contains("ok", "events", "1 event", "2 events", "count", "value")
          .contains(
              "EAGAIN", "EBADF", "EEXIST", "EINVAL", "ELOOP", "ENOENT", "ENXIO", "EPERM", "EPIPE");
    }
  }

  private void compare(long seed, Map<String, Integer> outcomes) throws Exception {
    List<String> script = EventScript.random(seed, LENGTH);
    Path place = Files.createDirectory(directory.resolve("seed" + seed));
    Process kernel =
        new ProcessBuilder("python3", program().toString(), place.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (Vfs vfs =
            new Vfs(
                new Vfs.Config(InstantSource.system(), new Random(seed), 1),
                Map.of("/", TmpFs.Options.defaults().factory()));
        FileService service = vfs.openSession();
        Writer in = kernel.outputWriter(UTF_8);
        BufferedReader out = kernel.inputReader(UTF_8)) {
      ScriptedEvents ours = new ScriptedEvents(service);
      for (int i = 0; i < script.size(); i++) {
        in.write(script.get(i) + "\n");
        in.flush();
        String theirs = out.readLine();
        assertThat(ours.run(script.get(i)))
            .as("seed %d, line %d: %s; after %s", seed, i, script.get(i), tail(script, i))
            .isEqualTo(theirs);
        outcomes.merge(kind(theirs), 1, Integer::sum);
      }
    } finally {
      kernel.destroyForcibly();
    }
  }

  private static List<String> tail(List<String> script, int i) {
    return script.subList(Math.max(0, i - 30), i);
  }

  private static String kind(String answer) {
    int events = answer.startsWith("events") ? answer.split(" ").length - 1 : -1;
    return switch (events) {
      case -1 -> answer.split(" ")[0];
      case 0 -> "events";
      case 1 -> "1 event";
      default -> events + " events";
    };
  }

  private static Path program() throws IOException {
    Path program = Path.of(System.getProperty("basedir", "."), "src/test/python/kernel_events.py");
    assertThat(program).exists();
    return program.toRealPath();
  }
}
