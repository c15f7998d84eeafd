package dev.coterie.check.posix;

import dev.coterie.api.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How often each call was done, and refused with which error: so that nothing is starved. */
final class Coverage {
  private static final String DONE = "done";

  /** Call → outcome → count. */
  private final Map<String, Map<String, Long>> counts = new TreeMap<>();

  private long steps;

  void count(Step step, String answer) {
    steps++;
    String outcome = answer.startsWith("E") ? nameOf(answer) : DONE;
    counts.computeIfAbsent(step.call(), call -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
  }

  private static String nameOf(String answer) {
    int number = Integer.parseInt(answer, 1, answer.length(), 10);
    Errno errno = Errno.of(number);
    return errno.number() == number ? errno.name() : answer;
  }

  void add(Coverage other) {
    steps += other.steps;
    other.counts.forEach((call, outcomes) -> {
      Map<String, Long> mine = counts.computeIfAbsent(call, c -> new TreeMap<>());
      outcomes.forEach((outcome, count) -> mine.merge(outcome, count, Long::sum));
    });
  }

  long steps() {
    return steps;
  }

  /**
   * What is starved: calls that nobody tried, and if {@code full} outcomes that nobody met.
   *
   * @param unasked calls that this world is never asked for
   */
  List<String> missing(boolean full, Set<String> unasked) {
    List<String> missing = new ArrayList<>();
    Expected.outcomes()
        .forEach((call, outcomes) -> {
          if (unasked.contains(call)) {
            return;
          }
          Map<String, Long> found = counts.getOrDefault(call, Map.of());
          if (found.isEmpty()) {
            missing.add(call);
          }
          outcomes.stream()
              .filter(outcome -> full && !found.containsKey(outcome))
              .forEach(outcome -> missing.add(call + " " + outcome));
        });
    return missing;
  }

  /** A line for each call. */
  String table() {
    StringBuilder text = new StringBuilder();
    counts.forEach((call, outcomes) -> {
      long done = outcomes.getOrDefault(DONE, 0L);
      text.append("%-22s %8d done ".formatted(call, done));
      outcomes.forEach((outcome, count) -> {
        if (!outcome.equals(DONE)) {
          text.append(' ').append(outcome).append(' ').append(count);
        }
      });
      text.append('\n');
    });
    return text.toString();
  }
}
