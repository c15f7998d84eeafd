package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.host.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random calls of {@code Files}, and of the channels and streams it gives, on the JDK's own
 * provider and on ours: the same answers, exceptions among them, and at the end the same tree.
 *
 * <p>{@code -Dcoterie.seed=N} takes one seed, {@code -Dcoterie.until=M} its first M steps; {@code
 * -Dfull} takes ten seeds of 20,000 steps each. The last seed of a run is a fresh one. What may
 * differ is not drawn, and stands in FilesDifference.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class FilesDifferentialSuite {
  private static final int SEEDS = Seeds.FULL ? 10 : 4;
  private static final int STEPS = Integer.getInteger("coterie.until", Seeds.FULL ? 20_000 : 2_000);
  private static final long FRESH = ThreadLocalRandom.current().nextLong();
  private static final int LOOK_EVERY = 10;
  private static final int HISTORY = 25;

  private final FilesStep.Table table = FilesStep.all();
  private final Map<String, Integer> succeeded = new TreeMap<>();
  private long steps;

  /** Where the JDK's provider works. */
  abstract Path kernelPlace() throws IOException;

  /** What ours works on, fresh. */
  abstract NioTarget open() throws IOException;

  static LongStream seeds() {
    Long only = Long.getLong("coterie.seed");
    return only != null
        ? LongStream.of(only)
        : LongStream.concat(LongStream.range(1, SEEDS), LongStream.of(FRESH));
  }

  private record Finding(int index, String text, String kernel, String ours) {}

  @ParameterizedTest
  @MethodSource("seeds")
  void randomCalls_onBothProviders_giveTheSameAnswers(long seed) throws IOException {
    List<FilesStep> all = table.draw(seed, STEPS);
    Deque<String> history = new ArrayDeque<>();
    Finding finding = compare(all, history);
    if (finding != null) {
      String few = Boolean.getBoolean("coterie.shrink") ? shrink(all, finding) : "";
      assertThat(finding.ours)
          .as(
              "seed %d, step %d: %s%nbefore that:%n  %s%n%sagain: %s -Dcoterie.until=%d",
              seed,
              finding.index,
              finding.text,
              String.join("\n  ", history),
              few,
              Seeds.again(getClass(), seed),
              finding.index + 1)
          .isEqualTo(finding.kernel);
    }
  }

  private @Nullable Finding compare(List<FilesStep> all, Deque<String> history) throws IOException {
    Path folder = Files.createTempDirectory(kernelPlace(), "coterie-nio-");
    try (NioTarget target = open();
        FilesWorld kernel = new FilesWorld(folder);
        FilesWorld ours = new FilesWorld(target.fileSystem().getPath("/"))) {
      for (int i = 0; i < all.size(); i++) {
        FilesStep step = all.get(i);
        FilesDraw draw = new FilesDraw(kernel, step.seed());
        String expected = kernel.run(step, draw);
        String actual = ours.run(step, new FilesDraw(ours, step.seed()));
        String text = step.name() + draw;
        if (!FilesDifference.agree(expected, actual)) {
          return new Finding(i, text, expected, actual);
        }
        history.add(text + " = " + brief(expected));
        if (history.size() > HISTORY) {
          history.remove();
        }
        steps++;
        succeeded.merge(step.name(), expected.contains("Exception") ? 0 : 1, Integer::sum);
        if (i % LOOK_EVERY == 0 || i == all.size() - 1) {
          Finding finding = look(i, text, kernel.look(), ours.look());
          if (finding != null) {
            return finding;
          }
        }
      }
      return null;
    } finally {
      HostTools.removeAll(folder);
    }
  }

  private static String brief(String answer) {
    return answer.length() > 100 ? answer.substring(0, 97) + "..." : answer;
  }

  private static @Nullable Finding look(
      int index, String text, Map<String, String> kernel, Map<String, String> ours) {
    if (kernel.equals(ours)) {
      return null;
    }
    List<String> expected = new ArrayList<>();
    List<String> actual = new ArrayList<>();
    var names = new java.util.TreeSet<>(kernel.keySet());
    names.addAll(ours.keySet());
    for (String name : names) {
      String one = String.valueOf(kernel.get(name));
      String other = String.valueOf(ours.get(name));
      if (!one.equals(other)) {
        expected.add(name + " " + one);
        actual.add(name + " " + other);
      }
    }
    return new Finding(
        index, "the tree after " + text, String.join("\n", expected), String.join("\n", actual));
  }

  /** Leaves out steps as long as a difference in the same step remains. */
  private String shrink(List<FilesStep> all, Finding finding) throws IOException {
    List<FilesStep> best = all.subList(0, finding.index + 1);
    Deque<String> history = new ArrayDeque<>();
    for (int chunk = Math.max(1, best.size() / 2); chunk > 0; chunk /= 2) {
      for (int from = 0; from < best.size() - 1; ) {
        List<FilesStep> fewer = new ArrayList<>(best.subList(0, from));
        fewer.addAll(best.subList(Math.min(from + chunk, best.size() - 1), best.size()));
        Deque<String> said = new ArrayDeque<>();
        Finding still = fewer.size() < best.size() ? compare(fewer, said) : null;
        if (still != null && still.index == fewer.size() - 1) {
          best = fewer;
          history = said;
        } else {
          from += chunk;
        }
      }
    }
    return "as few as these will do:\n  " + String.join("\n  ", history) + "\n";
  }

  /** Of a run of all seeds: each kind of step has worked, so that something was compared. */
  @AfterAll
  void requireCoverage() {
    System.out.printf(
        "%s: %d steps; done without an exception: %s%n",
        getClass().getSimpleName(), steps, succeeded);
    if (steps >= (long) SEEDS * 2_000) {
      assertThat(succeeded).as("never").containsOnlyKeys(table.names());
      assertThat(succeeded)
          .as("always an exception")
          .allSatisfy((name, count) -> assertThat(count).as(name).isPositive());
    }
  }
}
