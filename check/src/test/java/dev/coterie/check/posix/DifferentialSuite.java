package dev.coterie.check.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random system calls to the kernel and to a tree of ours give the same answers; here to a tmpfs of
 * the kernel and to what is made like it.
 *
 * <p>{@code -Dcoterie.seed=N} takes one seed, {@code -Dcoterie.until=M} its first M steps, {@code
 * -Dcoterie.shrink=true} leaves out what a difference does not need, {@code -Dfull} takes ten seeds
 * of 100,000 steps each. The last seed of a run is a fresh one.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class DifferentialSuite {
  static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS_FULL = 10;
  private static final long FRESH = ThreadLocalRandom.current().nextLong();
  private static final int STEPS_FULL = 100_000;
  private static final int FEW_INODES = 30;

  @TempDir static Path directory = Path.of("");
  private final Coverage coverage = new Coverage();
  private @Nullable KernelTools tools;
  private int worlds;

  /**
   * A fresh world of ours.
   *
   * @param scratch a folder of its own, not made yet
   */
  abstract World open(Layout layout, Path scratch) throws IOException;

  /** Steps of one seed in a run that is not full. */
  abstract int steps();

  /** The random steps of a seed. */
  List<Step> generate(long seed, int count) {
    return StepGenerator.steps(seed, count);
  }

  /** Whether this world is to be asked for a step at all. */
  boolean isAsked(Step step) {
    return true;
  }

  /** Inodes for the run on names. */
  int scarceInodes() {
    return FEW_INODES;
  }

  /** Bytes of the second mount. */
  long scarceBytes() {
    return Layout.SCARCE_BYTES;
  }

  /** Calls it is never asked for. */
  Set<String> unasked() {
    return Set.of();
  }

  /** Seeds in a run that is not full; the last is a fresh one. */
  int seedCount() {
    return 3;
  }

  private int seedsOfARun() {
    return FULL ? SEEDS_FULL : seedCount();
  }

  /** The same world of the kernel's. */
  World openKernel(Path program, Layout layout, Path scratch) throws IOException {
    return new KernelWorld(
        program, List.of(), Files.createDirectory(scratch).toString(), layout.toKernel());
  }

  Leeway leeway() {
    return Leeway.NONE;
  }

  /** What a full run need not meet. */
  List<String> unmet() {
    return List.of();
  }

  private int stepsOfASeed() {
    return Integer.getInteger("coterie.until", FULL ? STEPS_FULL : steps());
  }

  @BeforeAll
  void findTools() throws IOException, InterruptedException {
    tools = new KernelTools(directory);
  }

  @AfterAll
  void giveBackTools() {
    if (tools != null) {
      tools.close();
    }
  }

  LongStream seeds() {
    Long only = Long.getLong("coterie.seed");
    return only != null
        ? LongStream.of(only)
        : LongStream.concat(LongStream.range(1, seedsOfARun()), LongStream.of(FRESH));
  }

  LongStream seedsForNames() {
    boolean again = Long.getLong("coterie.seed") != null;
    return FULL || again ? seeds() : seeds().skip(1);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomSteps_inBothWorlds_giveTheSameAnswers(long seed) throws IOException {
    List<Step> steps = generate(seed, stepsOfASeed());
    compare(seed, steps, new Layout(Layout.ROOMY, AtimePolicy.STRICTATIME, scarceBytes()));
  }

  @ParameterizedTest
  @MethodSource("seedsForNames")
  void randomNames_withFewInodes_giveTheSameAnswers(long seed) throws IOException {
    List<Step> steps = StepGenerator.stepsOnNames(seed, stepsOfASeed() / 5);
    compare(seed, steps, new Layout(scarceInodes(), AtimePolicy.STRICTATIME, scarceBytes()));
  }

  /** Slow, as each step gets a tick of the clock of its own. */
  @Test
  void randomSteps_withRelatime_giveTheSameAnswers() throws IOException {
    // Each step takes a tick of the kernel's clock.
    List<Step> steps = StepGenerator.steps(1000, Math.min(FULL ? 5000 : 400, stepsOfASeed()));
    compare(1000, steps, new Layout(Layout.ROOMY, AtimePolicy.RELATIME, scarceBytes()));
  }

  /** Of a run of all seeds. */
  @AfterAll
  void requireCoverage() {
    System.out.printf("%s, %d steps:%n%s", name(), coverage.steps(), coverage.table());
    if (coverage.steps() >= (long) seedsOfARun() * (FULL ? STEPS_FULL : steps())) {
      List<String> missing = coverage.missing(FULL, unasked());
      missing.removeAll(unmet());
      assertThat(missing).as("starved").isEmpty();
    }
  }

  private String name() {
    return getClass().getSimpleName();
  }

  private void compare(long seed, List<Step> random, Layout layout) throws IOException {
    List<Step> steps = new ArrayList<>(random.stream().filter(this::isAsked).toList());
    StepGenerator.ending().stream().filter(this::isAsked).forEach(steps::add);
    long begin = System.nanoTime();
    try (World kernel = openKernel(layout);
        World ours = openOurs(layout)) {
      Comparison comparison = new Comparison(kernel, ours, leeway());
      Comparison.Finding finding = comparison.run(steps);
      coverage.add(comparison.coverage());
      if (finding != null) {
        assertThat(finding.coterie())
            .as(report(seed, finding, comparison, steps, layout))
            .isEqualTo(finding.kernel());
      }
    }
    System.out.printf(
        "%s: seed %d, %d steps, no difference, %.1f s%n",
        name(), seed, steps.size(), (System.nanoTime() - begin) / 1e9);
  }

  private World openKernel(Layout layout) throws IOException {
    return openKernel(program(), layout, directory.resolve("kernel" + worlds++));
  }

  /** The compiled kernel_fs.c. */
  Path program() {
    return Objects.requireNonNull(tools).program();
  }

  private World openOurs(Layout layout) throws IOException {
    return open(layout, directory.resolve("ours" + worlds++));
  }

  private String report(
      long seed, Comparison.Finding finding, Comparison comparison, List<Step> steps, Layout layout)
      throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("seed %d, step %d: %s\n".formatted(seed, finding.index(), finding.step()));
    text.append("kernel:  ").append(finding.kernel()).append('\n');
    text.append("coterie: ").append(finding.coterie()).append('\n');
    text.append("before that:\n  ").append(String.join("\n  ", comparison.history())).append('\n');
    text.append(
        "again: ./mvnw verify -pl check -am -Dtest=none -Dit.test=%s -Dcoterie.seed=%d -Dcoterie.until=%d\n"
            .formatted(name(), seed, finding.index() + 1));
    if (Boolean.getBoolean("coterie.shrink")) {
      List<Step> fewer =
          new Shrinker(some -> tryOut(some, layout)).shrink(steps.subList(0, finding.index() + 1));
      text.append("as few as these will do:\n");
      fewer.forEach(step -> text.append("  ").append(step).append('\n'));
    }
    return text.toString();
  }

  private Comparison.@Nullable Finding tryOut(List<Step> steps, Layout layout) throws IOException {
    try (World kernel = openKernel(layout);
        World ours = openOurs(layout)) {
      return new Comparison(kernel, ours, leeway()).run(steps);
    }
  }
}
