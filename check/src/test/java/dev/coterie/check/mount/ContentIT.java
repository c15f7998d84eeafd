package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is in files and directories on mounts: random operations on a file by all ways there are,
 * against a model of it in memory (model.c), and directories that change while they are read
 * (directory.c); by one mount, and by two at a time.
 *
 * <p>{@code -Dcoterie.seed=N} takes one seed; {@code -Dfull} does more.
 */
@Timeout(3600)
class ContentIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final long SEED =
      Long.getLong("coterie.seed", ThreadLocalRandom.current().nextInt(1 << 30));
  private static final int OPERATIONS = FULL ? 20_000 : 300;
  private static final int NAMES = FULL ? 5000 : 200;

  private static final List<String> WAYS =
      List.of(
          "-w rwte",
          "-w rwmMte",
          "-d -w rwte",
          "-w rwpzkfte",
          "-w rwixCzpte",
          "-w rwcte",
          "-a -c 20 -w rwmte",
          "-l 8192 -c 5 -w rwmMtepyh",
          "-l 16777216 -w rwRWmMcp",
          "-c 50");

  /**
   * Neither mapped pages nor what sendfile(2) reads from them is that of another mount at once. An
   * open file of its own appends for each.
   */
  private static final List<String> WAYS_OF_TWO =
      List.of("-w rwte", "-d -w rwte", "-w rwRWpzkftehyS", "-c 20 -w rwcte", "-a -w rwte");

  @TempDir static Path folder = Path.of("");
  private static Path model = folder;
  private static Path directory = folder;
  private Path first = folder;
  private Path second = folder;

  @BeforeAll
  static void compile() throws Exception {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/gcc");
    model = compiled("model");
    directory = compiled("directory");
  }

  private static Path compiled(String name) throws IOException, InterruptedException {
    Path source = Path.of(System.getProperty("basedir", ""), "src/test/c", name + ".c");
    Path program = folder.resolve(name);
    Shell.run("gcc -O1 -o \"$1\" \"$2\"", program, source).ok();
    return program;
  }

  @AfterEach
  void unmount() throws Exception {
    Shell.run("umount -l \"$1\" \"$2\" 2>/dev/null; true", first, second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void content_byAllWays_isWhatWasWritten(String kind) throws Exception {
    Path own = Files.createDirectory(folder.resolve(kind));
    Path socket = own.resolve("socket");
    Path host = Files.createDirectory(own.resolve("host"));
    first = Files.createDirectory(own.resolve("a"));
    second = Files.createDirectory(own.resolve("b"));
    String mount = kind.equals("host") ? "/=host:" + host : "/=tmpfs";
    try (Coterie leader = Coterie.start("up", "--socket", socket.toString(), "--mount", mount);
        Coterie gate = Coterie.start("mount", socket.toString(), first.toString());
        Coterie other = Coterie.start("mount", socket.toString(), second.toString())) {
      for (String ways : WAYS) {
        changeAtRandom(ways, first.resolve("one"));
      }
      for (String ways : WAYS_OF_TWO) {
        changeAtRandom(ways, first.resolve("two"), second.resolve("two"));
      }
      readWhileItChanges(first);
      readWhileItChanges(first, second);
      for (Coterie each : List.of(other, gate, leader)) {
        assertThat(each.terminate()).isZero();
      }
    }
  }

  private static void changeAtRandom(String ways, Path... files) throws Exception {
    Shell ran =
        Shell.run(
            "exec \"$1\" -s $2 -n $3 $4 \"$5\" ${6:+\"$6\"}",
            model,
            SEED,
            OPERATIONS,
            ways,
            files[0],
            files.length > 1 ? files[1] : "");
    assertThat(ran.ok()).as("seed %d, model %s", SEED, ways).contains(OPERATIONS + " operations");
    Files.delete(files[0]);
  }

  private static void readWhileItChanges(Path... mounts) throws Exception {
    Shell ran =
        Shell.run(
            "exec \"$1\" $2 \"$3\" ${4:+\"$4\"}",
            directory,
            NAMES,
            mounts[0],
            mounts.length > 1 ? mounts[1] : "");
    assertThat(ran.ok()).contains(NAMES + " names");
  }
}
