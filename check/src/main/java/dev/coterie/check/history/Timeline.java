package dev.coterie.check.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * The history of one object in the order of time. Its <b>moments</b> are the returns, numbered from
 * 0: at moment {@code k} the {@code k}-th return is about to happen, and under way is all that was
 * invoked by then and has not returned before.
 */
final class Timeline<A> {
  private final List<Step<A>> byInvocation;
  private final List<Step<A>> byReturn = new ArrayList<>();
  private final List<List<Step<A>>> looking = new ArrayList<>();
  private final List<List<Step<A>>> changing = new ArrayList<>();
  private final int[] begun; // by moment: how many steps were invoked by then
  private final BitSet quiet =
      new BitSet(); // moments before which nothing was under way that must return
  private int words = 1;
  private int mostUnderWay;

  Timeline(List<Step<A>> steps) {
    byInvocation = new ArrayList<>(steps);
    byInvocation.sort(Comparator.comparingLong(step -> step.invoked));
    for (Step<A> step : byInvocation) {
      if (step.returned != Event.NEVER) {
        byReturn.add(step);
      }
    }
    byReturn.sort(Comparator.comparingLong(step -> step.returned));
    begun = new int[byReturn.size()];
    layOut();
  }

  private void layOut() {
    BitSet bits = new BitSet();
    List<Step<A>> looks = new ArrayList<>();
    List<Step<A>> changes = new ArrayList<>();
    int mandatory = 0;
    int in = 0;
    quiet.set(0);
    for (int moment = 0; moment < byReturn.size(); moment++) {
      Step<A> returning = byReturn.get(moment);
      // At the same instant the invocation comes first: only a return strictly before it would
      // order the two.
      while (in < byInvocation.size() && byInvocation.get(in).invoked <= returning.returned) {
        Step<A> step = byInvocation.get(in++);
        step.firstMoment = moment;
        step.bit = bits.nextClearBit(0);
        bits.set(step.bit);
        words = Math.max(words, (step.bit >> 6) + 1);
        mandatory += step.optional ? 0 : 1;
        if (step.takenEarly()) {
          looks.add(step);
        }
        if (step.mayChange()) {
          changes.add(step);
        }
      }
      begun[moment] = in;
      looking.add(List.copyOf(looks));
      changing.add(List.copyOf(changes));
      mostUnderWay = Math.max(mostUnderWay, bits.cardinality());
      returning.lastMoment = moment;
      bits.clear(returning.bit);
      looks.remove(returning);
      changes.remove(returning);
      mandatory -= returning.optional ? 0 : 1;
      quiet.set(moment + 1, mandatory == 0);
    }
    for (Step<A> step : byInvocation.subList(in, byInvocation.size())) {
      step.firstMoment = Integer.MAX_VALUE; // invoked after the last return, and without one
    }
  }

  int steps() {
    return byInvocation.size();
  }

  /** How many moments there are. */
  int moments() {
    return byReturn.size();
  }

  /** What returns at a moment. */
  Step<A> returning(int moment) {
    return byReturn.get(moment);
  }

  /** What is under way and is to be taken early. */
  List<Step<A>> looking(int moment) {
    return looking.get(moment);
  }

  /** What is under way and may change the state. */
  List<Step<A>> changing(int moment) {
    return changing.get(moment);
  }

  /** What is invoked between the moment before and this one. */
  List<Step<A>> beginning(int moment) {
    return byInvocation.subList(moment == 0 ? 0 : begun[moment - 1], begun[moment]);
  }

  /** Whether the history can be cut just before what begins at this moment. */
  boolean isQuiet(int moment) {
    return quiet.get(moment);
  }

  /** What was invoked from one moment to another, both included. */
  List<Step<A>> between(int from, int to) {
    return byInvocation.subList(from == 0 ? 0 : begun[from - 1], begun[to]);
  }

  /** The last quiet moment up to this one. */
  int quietBefore(int moment) {
    return quiet.previousSetBit(moment);
  }

  /** Words that a bit set of what is under way needs. */
  int words() {
    return words;
  }

  int mostUnderWay() {
    return mostUnderWay;
  }

  int cuts() {
    return quiet.cardinality() - 1;
  }

  /** Most steps between two quiet moments. */
  int longestSegment() {
    int longest = 0;
    for (int from = 0; from < moments(); ) {
      int next = quiet.nextSetBit(from + 1);
      int to = next < 0 ? moments() : next;
      longest = Math.max(longest, between(from, to - 1).size());
      from = to;
    }
    return longest;
  }
}
