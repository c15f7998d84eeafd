package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Measures sides in turn and compares them. */
final class Rounds {
  /** One of ours, and the case it is measured for. */
  record Ours(Case of, Side side) {}

  private final Settings settings;
  private final Consumer<Row> rows;

  /**
   * @param rows is given each line as it is done
   */
  Rounds(Settings settings, Consumer<Row> rows) {
    this.settings = settings;
    this.rows = rows;
  }

  /** Measures the peer and ours in turn, each once in every round, in the same order. */
  void compare(Side peer, List<Ours> ours) throws IOException, BenchException {
    List<Side> sides = new ArrayList<>();
    sides.add(peer);
    ours.forEach(one -> sides.add(one.side()));
    for (int round = 0; round < settings.warmRounds(); round++) {
      for (Side side : sides) {
        side.measure();
      }
    }
    List<List<Sample>> samples = new ArrayList<>();
    sides.forEach(side -> samples.add(new ArrayList<>()));
    for (int round = 0; round < settings.rounds(); round++) {
      for (int i = 0; i < sides.size(); i++) {
        samples.get(i).add(sides.get(i).measure());
      }
    }
    for (int i = 0; i < ours.size(); i++) {
      Case of = settings.cpuOnly() ? ours.get(i).of().byCpu() : ours.get(i).of();
      rows.accept(
          Row.of(of, samples.get(i + 1), samples.getFirst(), remark(peer, sides.get(i + 1))));
    }
  }

  private static String remark(Side peer, Side ours) {
    return ours.remark().isEmpty() && peer.remark().isEmpty()
        ? ""
        : "ours " + ours.remark() + ", peer " + peer.remark();
  }
}
