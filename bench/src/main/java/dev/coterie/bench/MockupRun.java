package dev.coterie.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Processes that write records: the mock-up, a few hundred lines of Python that cache under locks
 * which are handed over, against our clients at our leader. Both write records of {@link
 * Records#BYTES} bytes, each process for the same time, and leave one after another.
 *
 * @param mode what they share: {@code private} nothing, {@code append} a file, {@code shared} an
 *     open file with its offset
 * @param processes how many, case by case
 * @param targets least ratio for each case
 */
record MockupRun(String name, String summary, String mode, int[] processes, double[] targets)
    implements Run {

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    for (int i = 0; i < processes.length; i++) {
      int count = processes[i];
      String label = String.format(Locale.ROOT, count == 1 ? "%d process" : "%d processes", count);
      Case of = new Case(name, label, Measure.RATE, targets[i]);
      try (Team peer = new MockupTeam(arena, mode, count);
          Team ours = new LeaderTeam(arena, mode, count)) {
        rounds.compare(peer, List.of(new Rounds.Ours(of, ours)));
      }
    }
  }
}
