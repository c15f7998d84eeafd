package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One operation of 9P2000.L on a unix socket: diod against our leader with a tree of its own in
 * memory, and with the very folder that diod serves.
 */
record P9Run(String operation, String summary) implements Run {
  private static final double TARGET_SINGLE = 1.0;
  private static final double TARGET_MANY = 1.5;
  private static final int CONNECTIONS = 4;
  private static final int DEPTH = 16;
  private static final int FILES = 100;

  /** What leaders serve; the peer's files are in the kernel's tmpfs, as those of "host". */
  private static final List<String> KINDS = List.of("tmpfs", "host");

  @Override
  public String name() {
    return "p9-" + operation;
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server diod = arena.diod();
    P9Load single = P9Load.single(operation).in("bench", FILES);
    P9Load many = P9Load.many(operation, CONNECTIONS, DEPTH).in("bench", FILES);
    single.fill(arena, diod);
    for (String kind : KINDS) {
      single.fill(arena, arena.leader(kind));
    }
    compare(arena, rounds, single, TARGET_SINGLE);
    compare(arena, rounds, many, TARGET_MANY);
  }

  private void compare(Arena arena, Rounds rounds, P9Load load, double target)
      throws IOException, BenchException {
    List<Rounds.Ours> ours = new ArrayList<>();
    for (String kind : KINDS) {
      Case of = new Case(name(), kind + ", " + load.label(), load.measure(), target);
      ours.add(new Rounds.Ours(of, load.on(arena, arena.leader(kind))));
    }
    rounds.compare(load.on(arena, arena.diod()), ours);
  }
}
