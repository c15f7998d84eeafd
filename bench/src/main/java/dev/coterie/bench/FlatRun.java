package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether a request costs the same however much there is: our leader with the smallest amount
 * against itself with more.
 */
final class FlatRun {
  /** What a million files may cost more than a hundred: names differ in length, caches miss. */
  private static final double TARGET = 0.8;

  /** An answer of readdir that nearly always is full in the smallest directory too. */
  private static final int PAGE_BYTES = 512;

  private FlatRun() {}

  /** In a directory with few and with many files, by one connection and by many. */
  record Files(String name, String operation, String summary) implements Run {
    private static final List<Integer> FULL = List.of(100, 10_000, 1_000_000);
    private static final List<Integer> SMALL = List.of(100, 1000);

    /** Enough to keep the processors busy. */
    private static final int FEW = 10;

    private static final int MANY = 1000;
    private static final int MANY_SMALL = 50;

    @Override
    public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
      List<Integer> sizes = arena.settings().small() ? SMALL : FULL;
      Arena.Server leader = arena.leader("tmpfs");
      for (int files : sizes) {
        load(files).fill(arena, leader);
      }
      int least = sizes.getFirst();
      List<Rounds.Ours> one = new ArrayList<>();
      for (int files : sizes.subList(1, sizes.size())) {
        String label = String.format(Locale.ROOT, "%,d files, peer: ours with %d", files, least);
        one.add(ours(label, load(files), arena, leader));
      }
      rounds.compare(load(least).on(arena, leader), one);
      int connections = arena.settings().size(MANY, MANY_SMALL);
      List<Rounds.Ours> many = new ArrayList<>();
      for (int files : sizes) {
        String label =
            String.format(
                Locale.ROOT,
                "%,d files, %,d connections, peer: ours with %d, %d",
                files,
                connections,
                least,
                FEW);
        many.add(ours(label, load(files).among(connections), arena, leader));
      }
      rounds.compare(load(least).among(FEW).on(arena, leader), many);
    }

    private Rounds.Ours ours(String label, P9Load load, Arena arena, Arena.Server leader) {
      return new Rounds.Ours(new Case(name, label, load.measure(), TARGET), load.on(arena, leader));
    }

    private P9Load load(int files) {
      return P9Load.single(operation).in("flat" + files, files).withBytes(PAGE_BYTES);
    }
  }

  /** Beside few and many connections that do nothing. */
  static final class Connections implements Run {
    private static final int MANY = 999;
    private static final int FEW = 50;

    @Override
    public String name() {
      return "flat-connections";
    }

    @Override
    public String summary() {
      return "getattr beside 999 idle connections: ours without them";
    }

    @Override
    public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
      int idle = arena.settings().size(MANY, FEW);
      Arena.Server leader = arena.leader("tmpfs");
      P9Load load = P9Load.single("getattr");
      Case of = new Case(name(), idle + " idle, peer: ours with none", Measure.LATENCY, TARGET);
      rounds.compare(
          load.on(arena, leader),
          List.of(new Rounds.Ours(of, load.withIdle(idle).on(arena, leader))));
    }
  }
}
