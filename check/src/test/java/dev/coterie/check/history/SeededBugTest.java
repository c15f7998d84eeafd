package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole way from the workload to the report, over a tree that is right and over ones that are
 * not.
 */
class SeededBugTest {
  private static final int OPERATIONS = Boolean.getBoolean("coterie.full") ? 20_000 : 2_000;

  @TempDir Path logs;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void goodTree_isFine(long seed) throws Exception {
    Report report = run(seed, null);
    assertThat(report.findings()).isEmpty();
    assertThat(report.census().events()).isGreaterThan(4L * 3 * OPERATIONS);
  }

  @ParameterizedTest
  @EnumSource
  void bug_isFound(SeededBug bug) throws Exception {
    Report report = run(bug.name().length(), bug);
    assertThat(report.violations()).as(bug.name()).isPositive();
    assertThat(report.undecided()).as(bug.name()).isZero();
  }

  private Report run(long seed, @Nullable SeededBug bug) throws Exception {
    MemoryTree tree = new MemoryTree();
    return new LocalRun(LocalRun.SMALL, 4, 3, OPERATIONS, seed)
        .run(tree::session, good -> bug == null ? good : bug.over(good), logs);
  }
}
