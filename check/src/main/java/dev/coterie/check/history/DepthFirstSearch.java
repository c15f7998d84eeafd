package dev.coterie.check.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Looks for one order that explains the rest of a history: follows one configuration as far as it
 * goes and comes back to the last choice when it goes no further. Configurations that were followed
 * once are not followed again, so the search ends, and if it has not reached the end of the history
 * then, there is no order.
 */
final class DepthFirstSearch<A> {
  private static final int STATES_MAX = 8;

  enum End {
    /** There is an order. */
    REACHED,
    /** There is none. */
    EXHAUSTED,
    /** More configurations were seen than allowed. */
    GAVE_UP
  }

  private final Moves<A> moves;
  private final Timeline<A> time;
  private final int seenMax;
  private final Set<Configuration> seen = new HashSet<>();
  private final ArrayDeque<Choice<A>> choices = new ArrayDeque<>();
  private final List<int[]> furthestStates = new ArrayList<>();
  private int furthest = -1;

  /** A configuration and the steps that may follow it and have not been tried. */
  private record Choice<A>(Configuration configuration, Iterator<Step<A>> untried) {}

  DepthFirstSearch(Moves<A> moves, Timeline<A> time, int seenMax) {
    this.moves = moves;
    this.time = time;
    this.seenMax = seenMax;
  }

  /** Searches from any of these configurations. */
  End run(List<Configuration> from) {
    for (Configuration configuration : from) {
      if (follow(configuration.copy())) {
        return End.REACHED;
      }
      while (!choices.isEmpty()) {
        // The way to the end alone takes about one for each moment; the bound is for what is seen
        // beside it.
        if (seen.size() - time.moments() > seenMax) {
          return End.GAVE_UP;
        }
        Choice<A> choice = choices.peek();
        if (!choice.untried.hasNext()) {
          choices.pop();
          continue;
        }
        Configuration next = moves.take(choice.configuration, choice.untried.next());
        if (next != null && follow(next)) {
          return End.REACHED;
        }
      }
    }
    return End.EXHAUSTED;
  }

  /** Goes over all returns of steps that were taken. True at the end of the history. */
  private boolean follow(Configuration configuration) {
    while (configuration.moment() < time.moments()) {
      Step<A> returning = time.returning(configuration.moment());
      if (!configuration.took(returning)) {
        Configuration here = configuration.copy();
        if (!seen.add(here)) {
          return false;
        }
        note(here);
        choices.push(new Choice<>(here, candidates(here)));
        if (!returning.optional) {
          return false;
        }
      }
      moves.moveOn(configuration);
    }
    return true;
  }

  /** What may be taken next: what returns first, first. */
  private Iterator<Step<A>> candidates(Configuration configuration) {
    return time.changing(configuration.moment()).stream()
        .filter(step -> moves.isOpen(configuration, step))
        .sorted(Comparator.comparingLong(step -> step.returned))
        .toList()
        .iterator();
  }

  private void note(Configuration configuration) {
    if (configuration.moment() > furthest) {
      furthest = configuration.moment();
      furthestStates.clear();
    }
    if (configuration.moment() == furthest && furthestStates.size() < STATES_MAX) {
      furthestStates.add(configuration.state);
    }
  }

  /** How many configurations were seen. */
  int seen() {
    return seen.size();
  }

  /** The moment that no configuration went beyond. */
  int furthest() {
    return furthest;
  }

  /** Some states it was reached in. */
  List<int[]> furthestStates() {
    return furthestStates;
  }
}
