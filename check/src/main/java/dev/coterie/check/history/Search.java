package dev.coterie.check.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the history of one object is linearizable.
 *
 * <p><b>How.</b> The search walks through the history in the order of time and keeps the set of all
 * {@link Configuration}s that explain the answers so far ("just-in-time linearization": G. Lowe,
 * Testing for linearizability, 2017; after J. Wing and C. Gong, Testing and verifying concurrent
 * objects, 1993). An invocation adds to what is under way. At a return the operation must have
 * taken effect: each configuration in which it has not is replaced by all those that are reached by
 * letting operations under way take effect one after another, this one last. No configuration left
 * means that no order exists. Where nothing is under way a configuration is but a state: the
 * history is cut there, and the set of states is carried on.
 *
 * <p><b>What is dropped</b>, and why nothing is lost by it: a configuration goes only if another
 * one stays that can do whatever it could.
 *
 * <ul>
 *   <li>A step that only looks is taken as soon as a configuration allows it: it changes nothing,
 *       so having it behind one is never a disadvantage. (Likewise one that {@link
 *       Step.Effect#SETTLES}, where it changes nothing.)
 *   <li>Of two configurations with the same state and changes, the one that has taken more looks,
 *       and fewer of the steps that need never take effect, stays.
 *   <li>States that allow the same from now on count as one ({@link Model#reduce}).
 *   <li>Of two steps that are the same to every state ({@link Step#yieldsTo}) the one that must
 *       return first goes first.
 *   <li>If {@code p}, then {@code o} with which the returning step has taken effect, leads where
 *       {@code o}, then {@code p}, leads as well, the first way goes: after {@code o} alone, {@code
 *       p} is still under way and can follow at any time.
 * </ul>
 *
 * <p>Where very much is under way at once the set of all configurations grows too large to be kept.
 * From there on {@link DepthFirstSearch} goes on, from the same set and no less completely.
 *
 * <p>Concurrency: one thread; the steps belong to one search at a time.
 */
final class Search<A> {
  private static final int STATES_SHOWN = 8;

  private final Model<A> model;
  private final Timeline<A> time;
  private final Moves<A> moves;
  private final int breadthMax;
  private final int depthMax;

  private List<Configuration> live = List.of();
  private List<int[]> start = List.of(); // the states at the last quiet moment
  private int mostConfigurations = 1;

  /** A configuration on the way to a return, and how it was reached. */
  private record Way<A>(
      Configuration configuration, @Nullable Configuration from, @Nullable Step<A> by) {}

  /**
   * @param breadthMax configurations side by side from which on the search goes depth first
   * @param depthMax configurations that the depth-first search may see before it gives up
   */
  Search(Model<A> model, Timeline<A> time, int breadthMax, int depthMax) {
    this.model = model;
    this.time = time;
    this.moves = new Moves<>(model, time);
    this.breadthMax = breadthMax;
    this.depthMax = depthMax;
  }

  /** Checks the whole history. */
  Verdict run() {
    return run(List.of(model.initial()), 0, time.moments());
  }

  /** Checks the returns from a quiet moment up to another moment, that one not included. */
  Verdict run(List<int[]> states, int from, int to) {
    live = new ArrayList<>();
    for (int[] state : states) {
      live.add(Configuration.start(state, time.words(), from));
    }
    if (from < to) {
      live.forEach(moves::begin);
    }
    for (int moment = from; moment < to; moment++) {
      if (time.isQuiet(moment)) {
        start = live.stream().map(configuration -> configuration.state).toList();
      }
      Step<A> returning = time.returning(moment);
      List<Configuration> settled = settle(returning);
      if (settled == null) {
        return goDeep();
      }
      if (settled.isEmpty()) {
        return violation(returning, statesBefore(returning), start);
      }
      live = moveOn(settled, returning);
    }
    return new Verdict.Linearizable(effort());
  }

  private List<Configuration> moveOn(List<Configuration> settled, Step<A> returning) {
    settled.forEach(moves::moveOn);
    // With an optional step those that took it and those that did not may have become equal.
    return returning.optional && settled.size() > 1
        ? new ArrayList<>(new LinkedHashSet<>(settled))
        : settled;
  }

  /**
   * All configurations in which the step has taken effect, and if it is optional those in which it
   * has not as well; null if they are too many.
   */
  private @Nullable List<Configuration> settle(Step<A> step) {
    if (step.isLeftOut()) {
      return live;
    }
    List<Configuration> done = new ArrayList<>();
    List<Configuration> open = new ArrayList<>();
    for (Configuration configuration : live) {
      (configuration.took(step) ? done : open).add(configuration);
    }
    if (open.isEmpty()) {
      return done;
    }
    List<Step<A>> changing = time.changing(step.lastMoment);
    if (!step.optional && live.size() == 1 && changing.size() == 1 && changing.getFirst() == step) {
      Configuration only = moves.take(open.getFirst(), step);
      return only == null ? List.of() : List.of(only);
    }
    Set<Configuration> reached = explore(step, done, open);
    if (reached == null) {
      return null;
    }
    if (step.optional) {
      reached.addAll(open);
    }
    return prune(reached, step.lastMoment);
  }

  private @Nullable Set<Configuration> explore(
      Step<A> step, List<Configuration> done, List<Configuration> open) {
    Set<Configuration> reached = new LinkedHashSet<>(done);
    Set<Configuration> seen = new HashSet<>(open);
    ArrayDeque<Way<A>> queue = new ArrayDeque<>();
    open.forEach(configuration -> queue.add(new Way<>(configuration, null, null)));
    while (!queue.isEmpty()) {
      Way<A> way = queue.poll();
      for (Step<A> next : time.changing(step.lastMoment)) {
        if (!moves.isOpen(way.configuration, next)) {
          continue;
        }
        Configuration after = moves.take(way.configuration, next);
        if (after == null) {
          continue;
        }
        if (!after.took(step)) {
          if (seen.add(after)) {
            queue.add(new Way<>(after, way.configuration, next));
          }
        } else if (!comesLaterAsWell(way, next, step, after)) {
          reached.add(after);
        }
      }
      mostConfigurations = Math.max(mostConfigurations, reached.size() + seen.size());
      if (reached.size() + seen.size() > breadthMax) {
        return null;
      }
    }
    return reached;
  }

  /**
   * Whether the last but one step of this way could as well follow the last one, {@code next}, with
   * which {@code step} took effect, and leave no less to show for it.
   */
  private boolean comesLaterAsWell(Way<A> way, Step<A> next, Step<A> step, Configuration after) {
    if (way.from == null || way.by == null || !moves.isOpen(way.from, next)) {
      return false;
    }
    Configuration first = moves.take(way.from, next);
    if (first == null || !first.took(step)) {
      return false;
    }
    Configuration then = first.took(way.by) ? first : moves.take(first, way.by);
    return then != null && (then.equals(after) || new Masks(step.lastMoment).isAsGood(then, after));
  }

  /** Drops every configuration beside which a better one stands. */
  private List<Configuration> prune(Set<Configuration> reached, int moment) {
    if (reached.size() < 2) {
      return new ArrayList<>(reached);
    }
    Masks masks = new Masks(moment);
    Map<Configuration, List<Configuration>> alike = new HashMap<>();
    for (Configuration configuration : reached) {
      List<Configuration> best =
          alike.computeIfAbsent(configuration.masked(masks.changes), any -> new ArrayList<>(1));
      if (best.stream().noneMatch(other -> masks.isAsGood(other, configuration))) {
        best.removeIf(other -> masks.isAsGood(configuration, other));
        best.add(configuration);
      }
    }
    List<Configuration> kept = new ArrayList<>();
    alike.values().forEach(kept::addAll);
    return kept;
  }

  /** The bits of what is under way at a moment, by what each step does. */
  private final class Masks {
    final long[] looks = new long[time.words()];
    final long[] options = new long[time.words()];
    final long[] changes = new long[time.words()];

    Masks(int moment) {
      for (Step<A> step : time.looking(moment)) {
        looks[step.bit >> 6] |= 1L << step.bit;
      }
      for (Step<A> step : time.changing(moment)) {
        looks[step.bit >> 6] &= ~(1L << step.bit);
        (step.optional ? options : changes)[step.bit >> 6] |= 1L << step.bit;
      }
    }

    boolean isAsGood(Configuration one, Configuration other) {
      return one.masked(changes).equals(other.masked(changes))
          && other.takenWithin(one, looks)
          && one.takenWithin(other, options);
    }
  }

  private Verdict goDeep() {
    DepthFirstSearch<A> deep = new DepthFirstSearch<>(moves, time, depthMax);
    DepthFirstSearch.End end = deep.run(live);
    mostConfigurations = Math.max(mostConfigurations, deep.seen());
    return switch (end) {
      case REACHED -> new Verdict.Linearizable(effort());
      case EXHAUSTED ->
          violation(time.returning(deep.furthest()), deep.furthestStates(), List.of());
      case GAVE_UP -> new Verdict.Undecided(effort(), time.returning(deep.furthest()).event);
    };
  }

  private Verdict violation(Step<A> culprit, List<int[]> states, List<int[]> from) {
    int quiet = time.quietBefore(culprit.lastMoment);
    return new Verdict.Violation<>(
        effort(),
        culprit,
        List.copyOf(time.between(quiet, culprit.lastMoment)),
        states.stream().limit(STATES_SHOWN).toList(),
        from);
  }

  private Verdict.Effort effort() {
    return new Verdict.Effort(
        time.steps(), time.cuts(), time.longestSegment(), time.mostUnderWay(), mostConfigurations);
  }

  /** The distinct states from which the culprit was tried in vain. */
  private List<int[]> statesBefore(Step<A> culprit) {
    Set<Configuration> states = new LinkedHashSet<>();
    long[] nothing = new long[time.words()];
    ArrayDeque<Configuration> queue = new ArrayDeque<>(live);
    Set<Configuration> seen = new HashSet<>(live);
    while (!queue.isEmpty() && states.size() < STATES_SHOWN) {
      Configuration configuration = queue.poll();
      states.add(configuration.masked(nothing));
      for (Step<A> step : time.changing(culprit.lastMoment)) {
        Configuration after =
            step != culprit && moves.isOpen(configuration, step)
                ? moves.take(configuration, step)
                : null;
        if (after != null && seen.add(after)) {
          queue.add(after);
        }
      }
    }
    return states.stream().map(configuration -> configuration.state).toList();
  }
}
