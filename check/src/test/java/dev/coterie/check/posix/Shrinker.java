package dev.coterie.check.posix;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Leaves out steps as long as a difference remains: first halves, at last single ones. */
final class Shrinker {
  /** Tries steps on two fresh worlds; the first difference, or null. */
  interface Trial {
    Comparison.@Nullable Finding run(List<Step> steps) throws IOException;
  }

  private final Trial trial;

  Shrinker(Trial trial) {
    this.trial = trial;
  }

  /** The fewest steps found that end in a difference of the same operation. */
  List<Step> shrink(List<Step> failing) throws IOException {
    List<Step> best = failing;
    String op = failing.getLast().op();
    for (int chunk = Math.max(1, best.size() / 2); chunk > 0; chunk /= 2) {
      for (int from = 0; from < best.size() - 1; ) {
        List<Step> fewer = new ArrayList<>(best.subList(0, from));
        fewer.addAll(best.subList(Math.min(from + chunk, best.size() - 1), best.size()));
        Comparison.Finding finding = fewer.size() < best.size() ? trial.run(fewer) : null;
        if (finding != null && finding.step().op().equals(op)) {
          best = fewer.subList(0, finding.index() + 1);
        } else {
          from += chunk;
        }
      }
    }
    return best;
  }
}
