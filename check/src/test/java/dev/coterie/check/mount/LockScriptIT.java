package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Processes lock, wait, fork, close and are killed by a drawn script, at the same time on a kernel
 * tmpfs and on mounts of ours, and are to see the same.
 */
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockScriptIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS = FULL ? 10 : 2;
  private static final int STEPS = FULL ? 2000 : 500;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  /** Mounts, and whether over io_uring. */
  @ParameterizedTest
  @CsvSource({"1, false", "2, false", "2, true"})
  void script_asOnTmpfs(int count, boolean uring) throws Exception {
    Path program = LockActor.compile(folder);
    Long given = Long.getLong("coterie.seed");
    long[] seeds =
        given != null ? new long[] {given} : LongStream.range(0, SEEDS).map(i -> draw(i)).toArray();
    Path kernel = Files.createTempDirectory(Path.of("/dev/shm"), "coterie-check-");
    try (LockMounts mounts = new LockMounts(folder, count, uring)) {
      LockScript.Closes closes = new LockScript.Closes();
      for (long seed : seeds) {
        Path fifos = Files.createDirectory(folder.resolve("seed" + seed));
        try (LockScript script = new LockScript(program, kernel, mounts, fifos, closes, seed)) {
          for (int step = 0; step < STEPS; step++) {
            script.step();
          }
          script.end();
        }
      }
      System.out.printf("locks as on tmpfs: %d mounts, %s%n", count, closes.done);
      assertThat(closes.done).containsKeys("ok", "EAGAIN", "waits", "EINTR after waiting");
    } finally {
      Shell.run("rm -r \"$1\"", kernel).ok();
    }
  }

  /** An even and an odd one in turn, as they draw different kinds of scripts. */
  private static long draw(long index) {
    return (new Random().nextInt(1 << 20) << 1) + (index & 1);
  }
}
