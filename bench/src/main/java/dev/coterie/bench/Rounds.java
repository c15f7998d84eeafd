package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Measures sides in turn and compares them. */
final class Rounds {
  /** One of ours, and the case it is measured for. */
  record Ours(Case of, Side side) {}

  /** A peer, and the case it is measured for. */
  record Peer(Case of, Side side) {}

  private final Settings settings;
  private final Consumer<Row> rows;

  /**
   * @param rows is given each line as it is done
   */
  Rounds(Settings settings, Consumer<Row> rows) {
    this.settings = settings;
    this.rows = rows;
  }

  /** The same for sides that warm up by themselves in every turn. */
  Rounds withoutWarmRounds() {
    return new Rounds(settings.withWarmRounds(0), rows);
  }

  /** Measures the peer and ours in turn, each once in every round, in the same order. */
  void compare(Side peer, List<Ours> ours) throws IOException, BenchException {
    List<Side> sides = new ArrayList<>();
    sides.add(peer);
    ours.forEach(one -> sides.add(one.side()));
    List<List<Sample>> samples = inTurn(sides);
    for (int i = 0; i < ours.size(); i++) {
      Side side = ours.get(i).side();
      report(ours.get(i).of(), samples.get(i + 1), samples.getFirst(), remark(peer, side));
    }
  }

  /** The same with one of ours and several peers. */
  void compareTo(Side ours, List<Peer> peers) throws IOException, BenchException {
    List<Side> sides = new ArrayList<>();
    peers.forEach(one -> sides.add(one.side()));
    sides.add(ours);
    List<List<Sample>> samples = inTurn(sides);
    for (int i = 0; i < peers.size(); i++) {
      Side side = peers.get(i).side();
      report(peers.get(i).of(), samples.getLast(), samples.get(i), remark(side, ours));
    }
  }

  /** The samples of each side. */
  private List<List<Sample>> inTurn(List<Side> sides) throws IOException, BenchException {
    for (int round = 0; round < settings.warmRounds(); round++) {
      for (Side side : sides) {
        side.measure();
      }
    }
    List<List<Sample>> samples = new ArrayList<>();
    sides.forEach(_ -> samples.add(new ArrayList<>()));
    for (int round = 0; round < settings.rounds(); round++) {
      for (int i = 0; i < sides.size(); i++) {
        samples.get(i).add(sides.get(i).measure());
      }
    }
    return samples;
  }

  private void report(Case of, List<Sample> ours, List<Sample> peer, String remark) {
    rows.accept(Row.of(settings.cpuOnly() ? of.byCpu() : of, ours, peer, remark));
  }

  private static String remark(Side peer, Side ours) {
    return ours.remark().isEmpty() && peer.remark().isEmpty()
        ? ""
        : "ours " + ours.remark() + ", peer " + peer.remark();
  }
}
