package dev.coterie.check.posix;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Does the same steps in two worlds and stops where their answers differ. */
final class Comparison {
  private static final int SHOWN = 20;

  /** Where two worlds differ: the step, its place, and both answers as compared. */
  record Finding(int index, Step step, String kernel, String coterie) {}

  private final World kernel;
  private final World coterie;
  private final Looks kernelLooks = new Looks();
  private final Looks coterieLooks = new Looks();
  private final List<String> history = new ArrayList<>();
  private final Map<String, Map<String, Integer>> outcomes = new TreeMap<>();

  Comparison(World kernel, World coterie) {
    this.kernel = kernel;
    this.coterie = coterie;
  }

  /** The first difference, or null. */
  @Nullable Finding run(List<Step> steps) throws IOException {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      String expected = kernelLooks.comparable(kernel.act(step));
      String got = coterieLooks.comparable(actInOurs(step));
      note(i, step, expected);
      if (!expected.equals(got)) {
        return new Finding(i, step, expected, got);
      }
    }
    return null;
  }

  /** A fault of ours is an answer too, so that it is found with all that led to it. */
  private String actInOurs(Step step) throws IOException {
    try {
      return coterie.act(step);
    } catch (RuntimeException | AssertionError e) {
      StackTraceElement[] trace = e.getStackTrace();
      return e + (trace.length > 0 ? " at " + trace[0] : "");
    }
  }

  private void note(int i, Step step, String answer) {
    history.add("%7d  %s  ->  %s".formatted(i, step, answer));
    if (history.size() > SHOWN) {
      history.removeFirst();
    }
    String outcome = answer.startsWith("E") ? answer : "done";
    outcomes.computeIfAbsent(step.op(), op -> new TreeMap<>()).merge(outcome, 1, Integer::sum);
  }

  /** The last steps and their answers by the kernel. */
  List<String> history() {
    return history;
  }

  /** How often each operation was done, and refused with which error. */
  String coverage() {
    StringBuilder text = new StringBuilder();
    outcomes.forEach((op, counts) -> text.append(op).append(' ').append(counts).append('\n'));
    return text.toString();
  }
}
