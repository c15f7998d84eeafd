package dev.coterie.check.history;

import java.util.Arrays;

/**
 * One way in which the operations so far can have taken effect: the state they led to, and which of
 * the operations under way are in it already. (Those that have returned all are.)
 */
final class Configuration {
  int[] state; // the array is never changed
  private final long[]
      taken; // bit set over Step.bit, of steps under way; changed only by whoever owns the
  // configuration
  private int moment;

  private Configuration(int[] state, long[] taken, int moment) {
    this.state = state;
    this.taken = taken;
    this.moment = moment;
  }

  /** At a moment, with nothing taken of what is under way. */
  static Configuration start(int[] state, int words, int moment) {
    return new Configuration(state, new long[words], moment);
  }

  /** The moment of the {@link Timeline} it stands at. */
  int moment() {
    return moment;
  }

  /** Whether the step has taken effect. */
  boolean took(Step<?> step) {
    return moment > step.lastMoment
        || step.isLeftOut()
        || (moment >= step.firstMoment && has(step.bit));
  }

  /** The configuration after one more step. */
  Configuration after(Step<?> step, int[] newState) {
    Configuration after = new Configuration(newState, taken.clone(), moment);
    after.add(step);
    return after;
  }

  void add(Step<?> step) {
    taken[step.bit >> 6] |= 1L << step.bit;
  }

  /** Goes on to the next moment: the step has returned. */
  void moveOn(Step<?> returned) {
    taken[returned.bit >> 6] &= ~(1L << returned.bit);
    moment++;
  }

  Configuration copy() {
    return new Configuration(state, taken.clone(), moment);
  }

  /** The same state with only those taken whose bits are in {@code mask}. */
  Configuration masked(long[] mask) {
    long[] part = new long[taken.length];
    for (int i = 0; i < part.length; i++) {
      part[i] = taken[i] & mask[i];
    }
    return new Configuration(state, part, moment);
  }

  /** Whether every bit of {@code mask} that is taken here is taken there too. */
  boolean takenWithin(Configuration other, long[] mask) {
    for (int i = 0; i < taken.length; i++) {
      if ((taken[i] & mask[i] & ~other.taken[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean has(int bit) {
    return (taken[bit >> 6] & 1L << bit) != 0;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Configuration other
        && moment == other.moment
        && Arrays.equals(taken, other.taken)
        && Arrays.equals(state, other.state);
  }

  @Override
  public int hashCode() {
    int hash = (Arrays.hashCode(state) * 31 + Arrays.hashCode(taken)) * 31 + moment;
    return hash * 0x9E3779B9 ^ hash >>> 15;
  }
}
