package dev.coterie.check.history;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tries every order of a small history, without any idea but to try nothing twice. What {@link
 * Search} is held against.
 */
final class BruteForce {
  private final List<Event> events;
  private final Set<Tried> tried = new HashSet<>();

  /** A state and what may become of it; equal states are equal objects. */
  interface Reference {
    /**
     * Every state that the event can lead to with the answer it has, or if that is open, with any
     * effect it may have had.
     */
    List<? extends Reference> take(Event event, boolean open);
  }

  private record Tried(Reference state, long rest) {}

  private BruteForce(List<Event> events) {
    this.events = events;
  }

  static boolean isLinearizable(Reference start, List<Event> events) {
    List<Event> certain =
        events.stream().filter(event -> Certainty.of(event) != Certainty.REFUSED).toList();
    return new BruteForce(certain).search(start, (1L << certain.size()) - 1);
  }

  private boolean search(Reference state, long rest) {
    if (!tried.add(new Tried(state, rest))) {
      return false;
    }
    long firstEnd = Event.NEVER;
    boolean done = true;
    for (int i = 0; i < events.size(); i++) {
      if ((rest & 1L << i) != 0) {
        firstEnd = Math.min(firstEnd, end(events.get(i)));
        done &= isOpen(events.get(i));
      }
    }
    if (done) {
      return true;
    }
    for (int i = 0; i < events.size(); i++) {
      Event next = events.get(i);
      if ((rest & 1L << i) == 0 || firstEnd < next.invoked()) {
        continue;
      }
      long others = rest & ~(1L << i);
      for (Reference after : state.take(next, isOpen(next))) {
        if (search(after, others)) {
          return true;
        }
      }
      if (isOpen(next) && search(state, others)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOpen(Event event) {
    return Certainty.of(event) != Certainty.ANSWERED;
  }

  private static long end(Event event) {
    return Certainty.of(event) == Certainty.OPEN ? Event.NEVER : event.returned();
  }
}
