package dev.coterie.check.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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
 * Random system calls to the kernel's tmpfs and to ours give the same answers.
 *
 * <p>{@code -Dcoterie.seed=N} takes one seed, {@code -Dcoterie.until=M} its first M steps, {@code
 * -Dcoterie.shrink=true} leaves out what a difference does not need, {@code -Dfull} takes ten seeds
 * of 100,000 steps each.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class DifferentialSuite {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  @TempDir static Path directory = Path.of("");
  private @Nullable KernelTools tools;
  private int worlds;

  /** A fresh world of ours. */
  abstract World open(Options options) throws IOException;

  /** Steps of one seed, unless told otherwise. */
  abstract int steps(boolean full);

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

  static LongStream seeds() {
    Long only = Long.getLong("coterie.seed");
    return only != null ? LongStream.of(only) : LongStream.rangeClosed(1, FULL ? 10 : 2);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomSteps_inBothWorlds_giveTheSameAnswers(long seed) throws IOException {
    compare(seed, Integer.getInteger("coterie.until", steps(FULL)), Options.ROOMY);
  }

  /** Slow, as each step gets a tick of the clock of its own. */
  @Test
  void randomSteps_withRelatime_giveTheSameAnswers() throws IOException {
    Options options = new Options(1 << 28, 20_000, AtimePolicy.RELATIME);
    compare(1000, 2000, options);
  }

  private void compare(long seed, int count, Options options) throws IOException {
    List<Step> steps = StepGenerator.steps(seed, count);
    try (World kernel = openKernel(options);
        World ours = open(options)) {
      Comparison comparison = new Comparison(kernel, ours);
      Comparison.Finding finding = comparison.run(steps);
      if (finding == null) {
        System.out.println("seed " + seed + ", done/asked: " + comparison.coverage());
        return;
      }
      assertThat(finding.coterie())
          .as(report(seed, finding, comparison, steps, options))
          .isEqualTo(finding.kernel());
    }
  }

  private World openKernel(Options options) throws IOException {
    Path mountPoint = Files.createDirectory(directory.resolve("tmpfs" + worlds++));
    return new KernelWorld(Objects.requireNonNull(tools).program(), mountPoint, options);
  }

  private String report(
      long seed,
      Comparison.Finding finding,
      Comparison comparison,
      List<Step> steps,
      Options options)
      throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("seed %d, step %d: %s\n".formatted(seed, finding.index(), finding.step()));
    text.append("kernel:  ").append(finding.kernel()).append('\n');
    text.append("coterie: ").append(finding.coterie()).append('\n');
    text.append("before that:\n  ").append(String.join("\n  ", comparison.history())).append('\n');
    text.append(
        "again: ./mvnw verify -pl check -am -Dtest=none -Dit.test=%s -Dcoterie.seed=%d -Dcoterie.until=%d\n"
            .formatted(getClass().getSimpleName(), seed, finding.index() + 1));
    if (Boolean.getBoolean("coterie.shrink")) {
      List<Step> fewer =
          new Shrinker(some -> tryOut(some, options)).shrink(steps.subList(0, finding.index() + 1));
      text.append("as few as these will do:\n");
      fewer.forEach(step -> text.append("  ").append(step).append('\n'));
    }
    return text.toString();
  }

  private Comparison.@Nullable Finding tryOut(List<Step> steps, Options options)
      throws IOException {
    try (World kernel = openKernel(options);
        World ours = open(options)) {
      return new Comparison(kernel, ours).run(steps);
    }
  }
}
