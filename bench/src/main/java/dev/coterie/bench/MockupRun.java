package dev.coterie.bench;

import java.io.IOException;
import java.util.List;

/**
 * Processes that write records: the mock-up, a few hundred lines of Python that cache under locks
 * which are handed over, against our clients at our leader. Both write records of {@link
 * Records#BYTES} bytes, each process for the same time, and leave one after another.
 *
 * <p>The two do not do the same work when the mock-up may keep a file for itself for a while. Then
 * it writes thousands of records without a message, the others wait for all of them, and those who
 * leave take with them where the file ends: it loses lines, which is remarked. Each of our records
 * is a message, and is the leader's when the write returns. The same work is compared when the
 * mock-up {@linkplain Group#keeps() keeps nothing} beyond one record: then the server decides for
 * each record where it goes, and what comes next may be anybody's, as at the leader.
 *
 * @param mode what they share: {@code private} nothing, {@code append} a file, {@code shared} an
 *     open file with its offset
 * @param groups case by case
 */
record MockupRun(String name, String summary, String mode, List<Group> groups) implements Run {

  /**
   * Processes that write at a time.
   *
   * @param processes how many
   * @param keeps whether the mock-up keeps a file until another asks, and then for 5 ms more, as
   *     its first version did; or gives it back after each record
   * @param target least ratio; NaN for none
   */
  record Group(int processes, boolean keeps, double target) {
    static Group single(double target) {
      return new Group(1, true, target);
    }

    private String label() {
      if (processes == 1) {
        return "1 process";
      }
      return processes + (keeps ? " processes, peer keeps 5 ms" : " processes, peer keeps nothing");
    }
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    for (Group group : groups) {
      Case of = new Case(name, group.label(), Measure.RATE, group.target());
      try (Team peer = new MockupTeam(arena, mode, group);
          Team ours = new LeaderTeam(arena, mode, group.processes())) {
        rounds.compare(peer, List.of(new Rounds.Ours(of, ours)));
      }
    }
  }
}
