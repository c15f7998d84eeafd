package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Measures sides in turn and compares them. */
final class Rounds {
  /** One of ours, and the case it is measured for. */
  record Ours(Case of, Side side) {}

  /** A peer, and the case it is measured for. */
  record Peer(Case of, Side side) {}

  /**
   * One line of many sides.
   *
   * @param of its case
   * @param ours one of the sides
   * @param peer what it is compared to, from what the sides measured in the same round
   * @param named the side whose remark stands for the peer's
   */
  record Line(Case of, Side ours, ToPeer peer, Side named) {
    /** One of ours beside one peer. */
    static Line of(Case of, Side ours, Side peer) {
      return new Line(of, ours, turn -> turn.of(peer), peer);
    }
  }

  /** What a peer is, or would be, in one round. */
  interface ToPeer {
    Sample in(Turn turn);
  }

  /** What each side measured in one round. */
  record Turn(IdentityHashMap<Side, Sample> bySide) {
    Sample of(Side side) {
      return Objects.requireNonNull(bySide.get(side), "a side that has no turn");
    }
  }

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

  /** The same with any lines of any sides, each measured once in every round. */
  void compareAll(List<Side> sides, List<Line> lines) throws IOException, BenchException {
    List<List<Sample>> samples = inTurn(sides);
    List<Turn> turns = new ArrayList<>();
    for (int round = 0; round < settings.rounds(); round++) {
      IdentityHashMap<Side, Sample> bySide = new IdentityHashMap<>();
      for (int i = 0; i < sides.size(); i++) {
        bySide.put(sides.get(i), samples.get(i).get(round));
      }
      turns.add(new Turn(bySide));
    }
    for (Line line : lines) {
      report(
          line.of(),
          turns.stream().map(turn -> turn.of(line.ours())).toList(),
          turns.stream().map(line.peer()::in).toList(),
          remark(line.named(), line.ours()));
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
