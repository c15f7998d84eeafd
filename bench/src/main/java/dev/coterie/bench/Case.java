package dev.coterie.bench;

/**
 * One line of the result.
 *
 * @param run name of the {@link Run}
 * @param label what distinguishes it from other lines of this run
 * @param measure what is compared
 * @param target least ratio that is good enough; NaN when there is none
 */
public record Case(String run, String label, Measure measure, double target) {
  /** The same, judged by CPU time. */
  Case byCpu() {
    return measure == Measure.SERVER_CPU ? this : new Case(run, label, Measure.CPU, target);
  }
}
