package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.host.HostTools;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.host.HostFs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories of sessions on a directory of the host, as it is and with seeded bugs. */
class HostHistoryIT {
  private static final int OPERATIONS = Boolean.getBoolean("coterie.full") ? 50_000 : 1_000;

  @TempDir Path logs;

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void directoryOnTmpfs_isLinearizable(long seed) throws Exception {
    requireLinearizable(run(HostTools.onTmpfs(), seed, null));
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 4})
  void directoryOnExt4_isLinearizable(long seed) throws Exception {
    requireLinearizable(run(HostTools.onExt4(), seed, null));
  }

  private static void requireLinearizable(Report report) {
    assertThat(report.findings()).isEmpty();
    assertThat(report.census().events()).isGreaterThan(4L * 4 * OPERATIONS);
    assertThat(report.census().answered()).isEqualTo(report.census().events());
  }

  @ParameterizedTest
  @EnumSource(names = {"APPEND_IN_TWO_STEPS", "STALE_LOOKUP", "TORN_WRITE"})
  void directory_withBug_isFound(SeededBug bug) throws Exception {
    Report report = run(HostTools.onTmpfs(), 6, bug);
    assertThat(report.violations()).as(bug.name()).isPositive();
    assertThat(report.undecided()).as(bug.name()).isZero();
  }

  private Report run(Path place, long seed, @Nullable SeededBug bug) throws Exception {
    Path directory = Files.createTempDirectory(place, "coterie-history-");
    Vfs.Config config = new Vfs.Config(InstantSource.system(), new Random(seed), 1);
    HostFs.Options host = new HostFs.Options(directory, false, false);
    try (Vfs vfs = new Vfs(config, Map.of("/", host.factory()))) {
      return new LocalRun(LocalRun.SMALL, 4, 4, OPERATIONS, seed)
          .run(vfs::openSession, good -> bug == null ? good : bug.over(good), logs);
    } finally {
      HostTools.removeAll(directory);
    }
  }
}
