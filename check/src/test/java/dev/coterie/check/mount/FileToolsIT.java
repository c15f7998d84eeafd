package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that write much and look whether it is there, on one mount and through two of them. */
@Timeout(3600)
class FileToolsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final String LOADFILE = "/usr/share/dbench/client.txt";

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  static List<Arguments> treesAndMounts() {
    List<Arguments> two = List.of(Arguments.of("tmpfs", 2), Arguments.of("host", 2));
    List<Arguments> all = new ArrayList<>(two);
    if (FULL) {
      all.addAll(List.of(Arguments.of("tmpfs", 1), Arguments.of("host", 1)));
    }
    return all;
  }

  private static Shell run(String script, Mounts mounts, Object size) throws Exception {
    Path work = mounts.directory("work");
    Path again = mounts.throughSecond(work);
    return Shell.run("sh \"$@\"", Scripts.path(script), work, again, size);
  }

  @ParameterizedTest
  @MethodSource("treesAndMounts")
  void fio_verifiesWhatItWrote(String kind, int count) throws Exception {
    MountTools.requireProgram("/usr/bin/fio");
    try (Mounts mounts = new Mounts(folder, kind, count)) {
      assertThat(run("sh/fio.sh", mounts, FULL ? "64m" : "1m").ok().lines())
          .containsExactly(
              "psync direct=0", "psync direct=1", "libaio direct=0", "libaio direct=1", "mmap");
      mounts.end();
    }
  }

  @ParameterizedTest
  @MethodSource("treesAndMounts")
  void tar_ofManyFiles_comesBackTheSame(String kind, int count) throws Exception {
    int files = FULL ? 20_000 : 100;
    try (Mounts mounts = new Mounts(folder, kind, count)) {
      assertThat(run("sh/tar.sh", mounts, files).ok().lines())
          .containsExactly("" + files, "" + files);
      mounts.end();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void dbench_findsWhatItExpects(String kind) throws Exception {
    MountTools.requireProgram("/usr/bin/dbench");
    try (Mounts mounts = new Mounts(folder, kind, 1)) {
      Path work = mounts.directory("work");
      Shell ran = Shell.run("dbench -D \"$1\" -c $2 -t $3 4", work, LOADFILE, FULL ? 60 : 1);
      assertThat(ran.ok()).contains("Throughput").doesNotContainIgnoringCase("error");
      mounts.end();
    }
  }
}
