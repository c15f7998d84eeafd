package dev.coterie.bench;

import java.io.IOException;
import java.util.List;

/** What our leader adds to a bare round trip: an echo server in C against our smallest requests. */
final class EchoRun implements Run {
  /** A quarter more time than a server that does nothing. */
  private static final double TARGET = 1 / 1.25;

  @Override
  public String name() {
    return "echo";
  }

  @Override
  public String summary() {
    return "64 bytes to and fro: a C echo server, a thread per connection";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    rounds.compare(
        P9Load.single("echo").on(arena, arena.echo()),
        List.of(
            ours("reply of 64 bytes", P9Load.single("small").on(arena, leader)),
            ours("getattr", P9Load.single("null").on(arena, leader))));
  }

  private static Rounds.Ours ours(String label, Side side) {
    return new Rounds.Ours(new Case("echo", label, Measure.LATENCY, TARGET), side);
  }
}
