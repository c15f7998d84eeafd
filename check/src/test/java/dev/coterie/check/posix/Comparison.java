package dev.coterie.check.posix;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
  private final Coverage coverage = new Coverage();

  Comparison(World kernel, World coterie) {
    this.kernel = kernel;
    this.coterie = coterie;
  }

  /** The first difference, or null. */
  @Nullable Finding run(List<Step> steps) throws IOException {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      kernel.begin(step);
      coterie.begin(step);
      String got = coterieLooks.comparable(answerOfOurs());
      String expected = kernelLooks.comparable(kernel.answer());
      note(i, step, expected);
      if (!expected.equals(got)) {
        return new Finding(i, step, expected, got);
      }
    }
    return null;
  }

  /** A fault of ours is an answer too, so that it is found with all that led to it. */
  private String answerOfOurs() throws IOException {
    try {
      return coterie.answer();
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
    coverage.count(step, answer);
  }

  /** The last steps and their answers by the kernel. */
  List<String> history() {
    return history;
  }

  Coverage coverage() {
    return coverage;
  }
}
