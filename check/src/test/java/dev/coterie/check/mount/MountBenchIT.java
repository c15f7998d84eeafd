package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.bench.Bench;
import dev.coterie.bench.BenchException;
import dev.coterie.bench.Row;
import dev.coterie.bench.Sample;
import dev.coterie.bench.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code coterie bench mount} measures, and leaves nothing behind. How fast anything is, is not
 * looked at; how often the kernel has to ask is.
 */
class MountBenchIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final List<String> NAMES =
      FULL ? List.of("mount") : List.of("mount-stat", "mount-create");
  private static final Settings SHORT = new Settings(1, FULL ? 300 : 50, 0, false, true);

  /** Of the requests of an operation: some are the load's own, and forgets come when they like. */
  private static final double SURPLUS = 0.2;

  @BeforeEach
  void requireTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/gcc");
    MountTools.requireFile("/usr/include/fuse3/fuse_lowlevel.h", "libfuse3-dev");
  }

  @Test
  void bench_eachOperation_asksAsOftenAsInC() throws Exception {
    List<Row> rows = new ArrayList<>();
    List<String> runs = Bench.select(NAMES);
    try (AutoCloseable _ = FULL ? UringSwitch.set(true) : () -> {}) {
      Map<String, BenchException> failures = Bench.run(runs, SHORT, rows::add);
      assertThat(failures).isEmpty();
    }
    assertThat(rows).extracting(row -> row.of().run()).containsAll(runs);
    for (Row row : rows) {
      if (row.of().label().contains("peer: libfuse")) {
        assertThat(messages(row.ours()))
            .as("%s", row.of())
            .isBetween(1 - SURPLUS, messages(row.peer()) * (1 + SURPLUS) + SURPLUS);
      }
    }
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain("coterie-bench-");
  }

  private static double messages(List<Sample> samples) {
    return Row.median(samples, Sample::messages);
  }
}
