package dev.coterie.check.history;

import java.util.List;

/** What became of the check of one object. */
sealed interface Verdict {

  Effort effort();

  /**
   * What it took.
   *
   * @param steps operations in the history
   * @param cuts quiet points: moments at which nothing was under way, so that only states were
   *     carried on
   * @param longestSegment most operations between two cuts
   * @param mostUnderWay most operations under way at a time
   * @param mostConfigurations most configurations that stood side by side, those on the way to a
   *     return included
   */
  record Effort(
      int steps, int cuts, int longestSegment, int mostUnderWay, int mostConfigurations) {}

  /** There is an order of the operations that explains every answer. */
  record Linearizable(Effort effort) implements Verdict {}

  /**
   * There is none.
   *
   * @param culprit the operation whose answer no order explains
   * @param segment what was under way with or since the last quiet point before it, in the order of
   *     invocation
   * @param states some of the states that are possible just before the culprit would have to take
   *     effect
   * @param start the states that were possible at that quiet point
   */
  record Violation<A>(
      Effort effort, Step<A> culprit, List<Step<A>> segment, List<int[]> states, List<int[]> start)
      implements Verdict {}

  /** The bound on configurations was reached at this operation. */
  record Undecided(Effort effort, Event at) implements Verdict {}
}
