package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Under load, one of them is killed: the gate, a program, or the leader. Every call ends,
 * unmounting works, and nothing that was acknowledged is lost. How soon calls have ended is
 * printed; what is asserted is only that they do.
 */
@Timeout(3600)
class KillIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 50 : 2;
  private static final int PROGRAMS = 2;
  private static final int END_SECONDS = 60;

  @TempDir Path folder = Path.of("");
  private Path host = folder;
  private Path mounted = folder;
  private Path socket = folder;
  private @Nullable Coterie leader;
  private @Nullable Coterie gate;
  private final List<Load> loads = new ArrayList<>();
  private final List<Long> millis = new ArrayList<>();
  private int acknowledged;

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  @BeforeEach
  void makePlaces() throws IOException {
    host = Files.createDirectory(folder.resolve("host"));
    mounted = Files.createDirectory(folder.resolve("m"));
    socket = folder.resolve("socket");
  }

  @AfterEach
  void endAll() throws IOException, InterruptedException {
    for (Load load : loads) {
      load.process.destroyForcibly();
    }
    for (Coterie each : Arrays.asList(gate, leader)) {
      if (each != null) {
        each.close();
      }
    }
    Shell.run("umount -l \"$1\" 2>/dev/null; true", mounted);
  }

  /** A program, and what it is at work on. */
  private static final class Load {
    final Process process;
    final BufferedReader out;
    Path notes = Path.of("");
    String name = "";

    Load(Process process) {
      this.process = process;
      this.out = process.inputReader();
    }

    long noted() throws IOException {
      return Files.exists(notes) ? Files.size(notes) : 0;
    }

    void say(String line) throws IOException {
      process.outputWriter().append(line).append('\n').flush();
    }
  }

  private void startLoads() throws IOException {
    while (loads.size() < PROGRAMS) {
      loads.add(startLoad());
    }
  }

  private static Load startLoad() throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    LoadMain.class.getName()))
            .directory(Path.of("/").toFile())
            .redirectError(Redirect.INHERIT)
            .start();
    return new Load(process);
  }

  private Coterie startLeader(String kind) throws IOException {
    Files.deleteIfExists(socket);
    String mount = kind.equals("host") ? "/=host:" + host : "/=tmpfs,size=1g";
    leader = Coterie.start("up", "--socket", socket.toString(), "--mount", mount);
    return leader;
  }

  private Coterie startGate() throws IOException {
    gate = Coterie.start("mount", socket.toString(), mounted.toString());
    return gate;
  }

  @ParameterizedTest
  @CsvSource({
    "gate, tmpfs",
    "gate, host",
    "program, tmpfs",
    "program, host",
    "leader, tmpfs",
    "leader, host"
  })
  void killed_underLoad_callsEndAndNothingAcknowledgedIsLost(String victim, String kind)
      throws Exception {
    long seed = Long.getLong("coterie.seed", System.nanoTime());
    System.out.printf("kill %s on %s: seed %d%n", victim, kind, seed);
    Random random = new Random(seed);
    startLeader(kind);
    startGate();
    for (int round = 0; round < ROUNDS; round++) {
      Path in = Files.createDirectory(mounted.resolve("round" + round));
      startLoads();
      for (Load load : loads) {
        load.name = "round" + round + "-" + loads.indexOf(load);
        load.notes = folder.resolve(load.name + ".notes");
        load.say(in + " " + load.name + " " + load.notes);
      }
      long bytes = 2_000L + random.nextInt(30_000);
      for (Load load : loads) {
        await().atMost(END_SECONDS, TimeUnit.SECONDS).until(() -> load.noted() >= bytes);
      }
      switch (victim) {
        case "gate" -> killGate(in);
        case "program" -> killProgram(in);
        default -> killLeader(kind, host.resolve("round" + round));
      }
      requireNoneStuck();
    }
    long[] sorted = millis.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "kill %s on %s: %d rounds, %d calls acknowledged and looked for; ended within %d ms (half:"
            + " %d)%n",
        victim, kind, ROUNDS, acknowledged, sorted[sorted.length - 1], sorted[sorted.length / 2]);
  }

  private void killGate(Path in) throws Exception {
    kill(gate);
    awaitEnds();
    unmount();
    startGate();
    requireKept(in);
  }

  private void killProgram(Path in) throws Exception {
    Load victim = loads.getFirst();
    long before = System.nanoTime();
    victim.process.destroyForcibly();
    assertThat(victim.process.waitFor(END_SECONDS, TimeUnit.SECONDS)).as("is gone").isTrue();
    assertThat(Files.isDirectory(in)).isTrue();
    millis.add((System.nanoTime() - before) / 1_000_000);
    // The other goes on until it is told to stop, and has seen no error.
    Load other = loads.getLast();
    long noted = other.noted();
    await().atMost(END_SECONDS, TimeUnit.SECONDS).until(() -> other.noted() > noted);
    other.say("stop");
    awaitEnd(other);
    requireKept(in);
    loads.remove(victim);
  }

  /** Content of a tmpfs ends with the leader; a directory of the host keeps all. */
  private void killLeader(String kind, Path content) throws Exception {
    kill(leader);
    awaitEnds();
    unmount();
    Coterie ending = gate;
    assertThat(ending == null ? -1 : ending.awaitEnd()).as("the gate's status").isZero();
    if (kind.equals("host")) {
      requireKept(content);
    }
    startLeader(kind);
    startGate();
  }

  private static void kill(@Nullable Coterie victim) {
    if (victim == null) {
      throw new AssertionError("not started");
    }
    victim.process.destroyForcibly();
  }

  private void awaitEnds() throws Exception {
    long before = System.nanoTime();
    for (Load load : loads) {
      awaitEnd(load);
    }
    millis.add((System.nanoTime() - before) / 1_000_000);
  }

  private static void awaitEnd(Load load) throws Exception {
    CompletableFuture<String> line = new CompletableFuture<>();
    Thread.ofPlatform().daemon().start(() -> line.complete(read(load.out)));
    try {
      assertThat(line.get(END_SECONDS, TimeUnit.SECONDS)).isEqualTo("ended");
    } catch (TimeoutException e) {
      throw new AssertionError("a call does not end; its process is " + stateOf(load.process), e);
    }
  }

  private static String read(BufferedReader from) {
    try {
      return String.valueOf(from.readLine());
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String stateOf(Process process) throws IOException, InterruptedException {
    // The name of a thread, in brackets, may hold anything.
    String script = "sed 's/.*) \\(.\\).*/\\1/' /proc/$1/task/*/stat | tr -d '\\n'";
    return Shell.run(script, process.pid()).out();
  }

  /** Those that live on: no thread waits in the kernel for what does not come. */
  private void requireNoneStuck() {
    for (Coterie each : Arrays.asList(gate, leader)) {
      if (each != null) {
        await()
            .atMost(END_SECONDS, TimeUnit.SECONDS)
            .until(() -> !stateOf(each.process).contains("D"));
      }
    }
  }

  private void unmount() throws Exception {
    Shell unmounted = Shell.run(Coterie.line("unmount", mounted.toString()), java.util.Map.of());
    assertThat(unmounted).isEqualTo(new Shell(0, ""));
  }

  private void requireKept(Path content) throws IOException {
    for (Load load : loads) {
      LoadNotes notes = LoadNotes.read(load.notes, load.name);
      notes.requireKept(content);
      acknowledged += notes.count();
    }
  }
}
