package dev.coterie.check.posix;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Does the same steps in two worlds and stops where their answers differ. */
final class Comparison {
  private static final int SHOWN = 20;
  private static final int BATCH_STEPS = 64;
  private static final int BATCH_CHARACTERS = 32 << 10;

  /** Where two worlds differ: the step, its place, and both answers as compared. */
  record Finding(int index, Step step, String kernel, String coterie) {}

  private final World kernel;
  private final World coterie;
  private final Leeway leeway;
  private final Looks kernelLooks = new Looks();
  private final Looks coterieLooks = new Looks();
  private final List<String> history = new ArrayList<>();
  private final Coverage coverage = new Coverage();

  Comparison(World kernel, World coterie, Leeway leeway) {
    this.kernel = kernel;
    this.coterie = coterie;
    this.leeway = leeway;
  }

  /** The first difference, or null. */
  @Nullable Finding run(List<Step> steps) throws IOException {
    for (int from = 0; from < steps.size(); ) {
      int to = endOfBatch(steps, from);
      Finding finding = runBatch(from, steps.subList(from, to));
      if (finding != null) {
        return finding;
      }
      from = to;
    }
    return null;
  }

  /** Lines that are told in one go must fit in a pipe while nobody reads the answers. */
  private static int endOfBatch(List<Step> steps, int from) {
    int to = from;
    int length = 0;
    while (to < steps.size() && to - from < BATCH_STEPS && length < BATCH_CHARACTERS) {
      length += steps.get(to).toLine().length();
      to++;
    }
    return to;
  }

  private @Nullable Finding runBatch(int first, List<Step> batch) throws IOException {
    kernel.begin(batch);
    coterie.begin(batch);
    List<String> got = coterie.answers();
    List<String> expected = kernel.answers();
    for (int i = 0; i < batch.size(); i++) {
      Step step = batch.get(i);
      String theirs = kernelLooks.comparable(leeway.without(expected.get(i)));
      String ours = coterieLooks.comparable(leeway.without(got.get(i)));
      note(first + i, step, theirs);
      if (!theirs.equals(ours)) {
        return new Finding(first + i, step, theirs, ours);
      }
    }
    return null;
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
