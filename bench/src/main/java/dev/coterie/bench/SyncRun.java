package dev.coterie.bench;

import java.io.IOException;
import java.util.List;

/**
 * A key that two processes use alone in turn, beside as many round trips as that takes to a server
 * in C that does nothing: all on one processor, which is judged, and free to move, where most of
 * the time goes to waking processors that have gone to sleep.
 */
final class SyncRun implements Run {
  /** One asks; the other is asked, gives it back; the first is told. The half is for the rest. */
  private static final double ROUND_TRIPS = 2.5;

  @Override
  public String name() {
    return "sync";
  }

  @Override
  public String summary() {
    return "a key handed over between 2 processes: 2.5 C round trips";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    Clients both = Clients.start(arena, leader, KeyMain.class, "key", 2);
    String order = "key " + Clients.seconds(arena);
    List<String> orders = List.of(order, order);
    Side single = () -> both.sample(true, orders);
    Side free = () -> both.sample(false, orders);
    P9Load echo = P9Load.single("echo");
    Side echoSingle = echo.on(arena, arena.echo());
    Side echoFree = echo.free().on(arena, arena.echo());
    rounds.compareAll(
        List.of(single, echoSingle, free, echoFree),
        List.of(
            line("hand-over, 2 processes, 1 CPU", 1, single, echoSingle),
            line("hand-over, 2 processes", Double.NaN, free, echoFree)));
  }

  private Rounds.Line line(String label, double target, Side ours, Side echo) {
    return new Rounds.Line(
        new Case(name(), label, Measure.RATE, target), ours, turn -> rate(turn.of(echo)), echo);
  }

  /** How often a second so many round trips could be made. */
  private static Sample rate(Sample echo) {
    return new Sample(
        1e6 / (ROUND_TRIPS * echo.value()),
        ROUND_TRIPS * echo.serverMicros(),
        ROUND_TRIPS * echo.clientMicros(),
        ROUND_TRIPS);
  }
}
