package dev.coterie.bench;

import java.io.IOException;
import java.util.List;

/**
 * What a client answers from its own copies, under leases, beside the JDK's own calls on a folder
 * in memory, in one process.
 */
final class CopiesRun implements Run {
  /** At most one and a half times what the JDK takes. */
  private static final double JDK = 1 / 1.5;

  @Override
  public String name() {
    return "copies";
  }

  @Override
  public String summary() {
    return "attributes and 4 KiB from a client's copies: the JDK's calls on tmpfs";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Clients one = Clients.start(arena, arena.leader("tmpfs"), CopierMain.class, "copier", 1);
    compare(arena, rounds, one, "stat", "attributes");
    compare(arena, rounds, one, "read", "4 KiB at random");
  }

  private void compare(Arena arena, Rounds rounds, Clients one, String what, String label)
      throws IOException, BenchException {
    Side ours = () -> one.sample(true, List.of(order(arena, what, "copies")));
    Side jdk = () -> one.sample(true, List.of(order(arena, what, "jdk")));
    rounds.compareAll(
        List.of(jdk, ours),
        List.of(Rounds.Line.of(new Case(name(), label, Measure.LATENCY, JDK), ours, jdk)));
  }

  private static String order(Arena arena, String what, String who) {
    return String.join(" ", what, who, Clients.seconds(arena), arena.folder().toString());
  }
}
