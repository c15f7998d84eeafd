package dev.coterie.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.coterie.bench.Row.Verdict;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ratios and verdicts, on made-up samples. */
class RowTest {
  private static final Case LATENCY = new Case("run", "label", Measure.LATENCY, 1.0);
  private static final Case RATE = new Case("run", "label", Measure.RATE, 1.5);

  private static List<Sample> samples(double... values) {
    return Arrays.stream(values).mapToObj(value -> new Sample(value, value, 1, 1)).toList();
  }

  private static Row row(Case of, List<Sample> ours, List<Sample> peer) {
    return Row.of(of, ours, peer, "");
  }

  /** By the medians of the two (16 and 15) ours would be behind; round by round it is not. */
  @Test
  void ratio_isTheMedianOfTheRounds_notTheRatioOfMedians() {
    Row row = row(LATENCY, samples(10, 20, 16), samples(14, 22, 15));
    assertThat(row.ratio()).isCloseTo(1.1, within(1e-9));
    assertThat(row.spread()).isCloseTo(22.0 / 14, within(1e-9));
    assertThat(row.verdict()).isEqualTo(Verdict.MET);
  }

  @Test
  void ratio_ofLatency_isGreaterWhenOursIsLess() {
    Row row = row(LATENCY, samples(20, 20, 20), samples(10, 10, 10));
    assertThat(row.ratio()).isEqualTo(0.5);
    assertThat(row.verdict()).isEqualTo(Verdict.BEHIND);
  }

  @Test
  void ratio_ofRate_isGreaterWhenOursIsMore() {
    assertThat(row(RATE, samples(20, 20, 20), samples(10, 10, 10)).ratio()).isEqualTo(2);
    assertThat(row(RATE, samples(14, 14, 14), samples(10, 10, 10)).verdict())
        .isEqualTo(Verdict.BEHIND);
  }

  @Test
  void ratio_evenNumberOfRounds_isBetweenTheMiddleTwo() {
    assertThat(row(RATE, samples(10, 20, 30, 90), samples(10, 10, 10, 10)).ratio()).isEqualTo(2.5);
  }

  @Test
  void verdict_atTheTarget_isMet() {
    assertThat(row(RATE, samples(15, 15, 15), samples(10, 10, 10)).verdict())
        .isEqualTo(Verdict.MET);
  }

  /** Ours is ten times as good in every round, but the peer does not agree with itself. */
  @Test
  void verdict_peerSpreadOverTwo_isRefused() {
    Row row = row(LATENCY, samples(1, 1, 2.4), samples(10, 10, 24));
    assertThat(row.verdict()).isEqualTo(Verdict.NOT_JUDGED);
    assertThat(row.reason()).isEqualTo("peer's spread 2.4×");
    assertThat(row.ratio()).isEqualTo(10);
  }

  /** What ours does is the subject, not the measure: its spread refuses nothing. */
  @Test
  void verdict_ourSpreadOverTwo_isJudged() {
    assertThat(row(LATENCY, samples(1, 9, 1), samples(10, 10, 10)).verdict())
        .isEqualTo(Verdict.MET);
  }

  @Test
  void verdict_tooFewRounds_isRefused() {
    Row row = row(LATENCY, samples(1, 1), samples(10, 10));
    assertThat(row.verdict()).isEqualTo(Verdict.NOT_JUDGED);
    assertThat(row.reason()).isEqualTo("only 2 rounds");
  }

  @Test
  void verdict_roundWithoutOperations_isRefused() {
    assertThat(row(RATE, samples(0, 10, 10), samples(10, 10, 10)).reason())
        .isEqualTo("a round without a figure");
    assertThat(row(RATE, samples(10, 10, 10), samples(10, 0, 10)).verdict())
        .isEqualTo(Verdict.NOT_JUDGED);
    assertThat(row(LATENCY, samples(10, 10, Double.NaN), samples(10, 10, 10)).verdict())
        .isEqualTo(Verdict.NOT_JUDGED);
  }

  @Test
  void verdict_withoutTarget_isMeasured() {
    Case of = new Case("run", "label", Measure.RATE, Double.NaN);
    assertThat(row(of, samples(1, 1, 1), samples(10, 10, 10)).verdict())
        .isEqualTo(Verdict.MEASURED);
  }

  @Test
  void cpu_isThatOfServerAndClients() {
    List<Sample> ours = List.of(new Sample(99, 2, 1, 1), new Sample(1, 2, 1, 1));
    List<Sample> peer = List.of(new Sample(1, 5, 1, 1), new Sample(99, 5, 1, 1));
    assertThat(row(LATENCY.byCpu(), ours, peer).ratio()).isEqualTo(2);
  }

  @Test
  void of_roundsThatDoNotMatch_isRefused() {
    assertThatThrownBy(() -> row(LATENCY, samples(1, 2), samples(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> row(LATENCY, samples(), samples()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
