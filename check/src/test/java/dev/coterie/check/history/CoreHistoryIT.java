package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories of sessions on the core in this process, as it is and with each of the seeded bugs. */
class CoreHistoryIT {
  private static final int OPERATIONS = Boolean.getBoolean("coterie.full") ? 50_000 : 2_000;

  @TempDir Path logs;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void core_isLinearizable(long seed) throws Exception {
    Report report = run(seed, null);
    assertThat(report.findings()).isEmpty();
    assertThat(report.census().events()).isGreaterThan(4L * 4 * OPERATIONS);
    assertThat(report.census().answered()).isEqualTo(report.census().events());
  }

  @ParameterizedTest
  @EnumSource
  void core_withBug_isFound(SeededBug bug) throws Exception {
    Report report = run(6, bug);
    assertThat(report.violations()).as(bug.name()).isPositive();
    assertThat(report.undecided()).as(bug.name()).isZero();
  }

  private Report run(long seed, @Nullable SeededBug bug) throws Exception {
    Vfs.Config config = new Vfs.Config(InstantSource.system(), new Random(seed), 1);
    try (Vfs vfs = new Vfs(config, Map.of("/", TmpFs.Options.parse(Map.of()).factory()))) {
      return new LocalRun(LocalRun.SMALL, 4, 4, OPERATIONS, seed)
          .run(vfs::openSession, good -> bug == null ? good : bug.over(good), logs);
    }
  }
}
