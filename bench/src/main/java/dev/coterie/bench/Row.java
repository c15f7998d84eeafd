package dev.coterie.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What came out of one case.
 *
 * @param of the case
 * @param ours our samples, round by round
 * @param peer the peer's, of the same rounds
 * @param ratio median over the rounds of how many times as good ours was; above 1 ours is better
 * @param spread the peer's largest figure by its smallest
 * @param verdict whether the target was met
 * @param reason why there is no verdict; empty when there is one
 * @param remark what else was seen
 */
public record Row(
    Case of,
    List<Sample> ours,
    List<Sample> peer,
    double ratio,
    double spread,
    Verdict verdict,
    String reason,
    String remark) {

  /** Beyond this the peer alone differs so much that a comparison with it says nothing. */
  static final double SPREAD_MAX = 2;

  /** Fewer have no spread to speak of. */
  static final int ROUNDS_LEAST = 3;

  /** How it ended. */
  public enum Verdict {
    MET,
    BEHIND,
    /** There is no target. */
    MEASURED,
    NOT_JUDGED
  }

  static Row of(Case of, List<Sample> ours, List<Sample> peer, String remark) {
    int rounds = ours.size();
    if (rounds == 0 || rounds != peer.size()) {
      throw new IllegalArgumentException(rounds + " rounds of ours, " + peer.size() + " of peer");
    }
    Measure measure = of.measure();
    double[] ratios = new double[rounds];
    double[] peers = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      peers[i] = measure.of(peer.get(i));
      ratios[i] = measure.ratio(measure.of(ours.get(i)), peers[i]);
    }
    double ratio = median(ratios);
    double spread = Arrays.stream(peers).max().orElse(0) / Arrays.stream(peers).min().orElse(0);
    String reason = reason(ratios, spread);
    return new Row(
        of,
        List.copyOf(ours),
        List.copyOf(peer),
        ratio,
        spread,
        verdict(of, ratio, reason),
        reason,
        remark);
  }

  /** Why these rounds cannot be judged; empty when they can. */
  private static String reason(double[] ratios, double spread) {
    if (!Arrays.stream(ratios).allMatch(ratio -> ratio > 0 && Double.isFinite(ratio))) {
      return "a round without a figure";
    }
    if (ratios.length < ROUNDS_LEAST) {
      return "only " + ratios.length + (ratios.length == 1 ? " round" : " rounds");
    }
    return spread > SPREAD_MAX ? String.format(Locale.ROOT, "peer's spread %.1f×", spread) : "";
  }

  private static Verdict verdict(Case of, double ratio, String reason) {
    if (!reason.isEmpty()) {
      return Verdict.NOT_JUDGED;
    }
    if (Double.isNaN(of.target())) {
      return Verdict.MEASURED;
    }
    return ratio >= of.target() ? Verdict.MET : Verdict.BEHIND;
  }

  /** Median over the rounds of one figure of the samples. */
  public static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    return median(samples.stream().mapToDouble(figure).toArray());
  }

  /** Median of what is compared. */
  public double figure(List<Sample> samples) {
    return median(samples, of.measure()::of);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
