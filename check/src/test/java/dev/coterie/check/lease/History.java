package dev.coterie.check.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What one register was, and from when on: as the leader made it so. What a client saw is right if
 * the register was that at one moment between the asking and the answer (Herlihy and Wing,
 * "Linearizability", 1990; a register whose changes have a known order needs no search).
 */
final class History {
  private record State(long since, Object value) {}

  private final String name;
  private final List<State> states = new ArrayList<>();

  History(String name, Object first) {
    this.name = name;
    states.add(new State(Long.MIN_VALUE, first));
  }

  void is(long moment, Object value) {
    State last = states.getLast();
    if (!last.value().equals(value)) {
      states.add(new State(moment, value));
    }
  }

  /** What it is now. */
  Object last() {
    return states.getLast().value();
  }

  void requireSeen(Object seen, long asked, long answered, String by) {
    for (int i = states.size() - 1; i >= 0; i--) {
      State state = states.get(i);
      long until = i + 1 < states.size() ? states.get(i + 1).since() : Long.MAX_VALUE;
      if (until < asked) {
        break;
      }
      if (state.since() <= answered && Objects.equals(state.value(), seen)) {
        return;
      }
    }
    throw new AssertionError(
        by
            + " saw "
            + name
            + " = "
            + seen
            + " between "
            + asked
            + " and "
            + answered
            + ", which was "
            + states.subList(Math.max(0, states.size() - 8), states.size()));
  }
}
