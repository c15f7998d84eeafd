package dev.coterie.bench;

/**
 * How much to measure.
 *
 * @param rounds of all sides in turn
 * @param roundMs measured time of one side in one round
 * @param warmRounds rounds before, which do not count
 * @param cpuOnly whether CPU time is compared, which is what noise touches least
 * @param small whether directories, connections and files are few: to see that it works
 */
public record Settings(int rounds, int roundMs, int warmRounds, boolean cpuOnly, boolean small) {
  public static final Settings DEFAULT = new Settings(7, 500, 3, false, false);

  /** The same with another number of rounds before. */
  Settings withWarmRounds(int count) {
    return new Settings(rounds, roundMs, count, cpuOnly, small);
  }

  /** Whichever size applies. */
  int size(int full, int reduced) {
    return small ? reduced : full;
  }
}
