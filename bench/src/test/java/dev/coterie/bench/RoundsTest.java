package dev.coterie.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of measuring. */
class RoundsTest {
  private final List<String> turns = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();

  /** Costs more by one in every turn. */
  private final class Recorded implements Side {
    private final String name;
    private double value;

    Recorded(String name, double first) {
      this.name = name;
      this.value = first;
    }

    @Override
    public Sample measure() {
      turns.add(name);
      return new Sample(value++, 0, 0, 1);
    }

    @Override
    public String remark() {
      return name + " seen " + (long) value;
    }
  }

  private static Case of(String label) {
    return new Case("run", label, Measure.RATE, 1);
  }

  private static Rounds.Ours ours(String label, Side side) {
    return new Rounds.Ours(of(label), side);
  }

  @Test
  void compare_severalSides_takesTurnsInEachRound() throws Exception {
    Settings settings = new Settings(3, 10, 1, false, false);
    new Rounds(settings, rows::add)
        .compare(
            new Recorded("peer", 0),
            List.of(ours("a", new Recorded("a", 10)), ours("b", new Recorded("b", 20))));
    assertThat(turns)
        .containsExactly("peer", "a", "b", "peer", "a", "b", "peer", "a", "b", "peer", "a", "b");
    assertThat(rows).extracting(row -> row.of().label()).containsExactly("a", "b");
    // The first round of each was to warm up.
    assertThat(rows.get(1).peer()).extracting(Sample::value).containsExactly(1.0, 2.0, 3.0);
    assertThat(rows.get(1).ours()).extracting(Sample::value).containsExactly(21.0, 22.0, 23.0);
    assertThat(rows.get(0).remark()).isEqualTo("ours a seen 14, peer peer seen 4");
  }

  @Test
  void compare_cpuOnly_comparesCpu() throws Exception {
    Settings settings = new Settings(1, 10, 0, true, false);
    new Rounds(settings, rows::add)
        .compare(new Recorded("peer", 0), List.of(ours("a", new Recorded("a", 10))));
    assertThat(rows.getFirst().of().measure()).isEqualTo(Measure.CPU);
  }

  @Test
  void compareTo_severalPeers_eachIsALine() throws Exception {
    new Rounds(new Settings(2, 10, 5, false, false), rows::add)
        .withoutWarmRounds()
        .compareTo(
            new Recorded("ours", 10),
            List.of(
                new Rounds.Peer(of("a"), new Recorded("a", 1)),
                new Rounds.Peer(of("b"), new Recorded("b", 5))));
    assertThat(turns).containsExactly("a", "b", "ours", "a", "b", "ours");
    assertThat(rows).extracting(row -> row.of().label()).containsExactly("a", "b");
    assertThat(rows.get(0).ours()).extracting(Sample::value).containsExactly(10.0, 11.0);
    assertThat(rows.get(0).peer()).extracting(Sample::value).containsExactly(1.0, 2.0);
    assertThat(rows.get(1).ours()).extracting(Sample::value).containsExactly(10.0, 11.0);
    assertThat(rows.get(1).peer()).extracting(Sample::value).containsExactly(5.0, 6.0);
    assertThat(rows.get(1).remark()).isEqualTo("ours ours seen 12, peer b seen 7");
  }
}
