package dev.coterie.check.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Tells what is wrong with the history of one object so that a person can follow it. */
final class Narrative {
  /** A longer segment is not made smaller by trying, and only its end is shown. */
  private static final int SEGMENT_MAX = 400;

  private static final int SHOWN_MAX = 40;
  private static final int EARLIER_MAX = 4;
  private static final int CONFIGURATIONS_MAX = 1 << 14;

  private final Universe universe;
  private final String object;

  Narrative(Universe universe, String object) {
    this.universe = universe;
    this.object = object;
  }

  String tell(Verdict.Undecided undecided) {
    Verdict.Effort effort = undecided.effort();
    return String.format(
        Locale.ROOT,
        "UNDECIDED %s: more than %,d configurations at %s %s; %,d operations, up to %d under way,"
            + " longest segment %d",
        object,
        effort.mostConfigurations(),
        undecided.at().who(),
        undecided.at().describe(universe),
        effort.steps(),
        effort.mostUnderWay(),
        effort.longestSegment());
  }

  /** Objection, states and the smallest window of events that shows the fault. */
  <A> String tell(Verdict.Violation<A> violation, Model<A> model, Timeline<A> time) {
    Step<A> culprit = violation.culprit();
    List<Step<A>> window = smallest(violation, model, time);
    long zero = window.stream().mapToLong(step -> step.invoked).min().orElse(culprit.invoked);
    StringBuilder text = new StringBuilder("VIOLATION ").append(object).append('\n');
    text.append("  no order explains  ").append(line(culprit, zero)).append('\n');
    text.append("  possible just before it:\n");
    Set<String> states = new LinkedHashSet<>();
    for (int[] state : violation.states()) {
      states.add(model.describe(state) + "\n      but then " + model.objection(state, culprit));
    }
    states.forEach(state -> text.append("    ").append(state).append('\n'));
    text.append("  at the last quiet point:\n");
    violation.start().stream()
        .limit(EARLIER_MAX)
        .forEach(state -> text.append("    ").append(model.describe(state)).append('\n'));
    appendEarlier(text, culprit, time, zero);
    int hidden = Math.max(0, window.size() - SHOWN_MAX);
    text.append("  since then, ")
        .append(violation.segment().size())
        .append(" operations; these show it (nanoseconds from the first):\n");
    if (hidden > 0) {
      text.append("    ... ").append(hidden).append(" more ...\n");
    }
    for (Step<A> step : window.subList(hidden, window.size())) {
      text.append(step == culprit ? " >> " : "    ").append(line(step, zero)).append('\n');
    }
    return text.toString();
  }

  private <A> void appendEarlier(StringBuilder text, Step<A> culprit, Timeline<A> time, long zero) {
    List<Step<A>> related =
        time.between(0, culprit.lastMoment).stream()
            .filter(step -> step.invoked < zero)
            .filter(step -> isRelated(step.event, culprit.event))
            .toList();
    if (!related.isEmpty()) {
      text.append("  before that, what concerns the same inode or cells:\n");
      related
          .subList(Math.max(0, related.size() - EARLIER_MAX), related.size())
          .forEach(step -> text.append("    ").append(line(step, zero)).append('\n'));
    }
  }

  private static boolean isRelated(Event earlier, Event culprit) {
    if (culprit.kind() == Kind.READ) {
      long stamp = earlier.arguments().stamp();
      return stamp != 0
          && Arrays.stream(culprit.answer().stamps()).anyMatch(seen -> Stamp.write(seen) == stamp);
    }
    if (!culprit.kind().onNames()) {
      return !earlier.kind().onlyLooks();
    }
    boolean sameInode =
        (culprit.answer().id() != null
                && Objects.equals(culprit.answer().id(), earlier.answer().id()))
            || (culprit.arguments().subject() != null
                && Objects.equals(culprit.arguments().subject(), earlier.answer().id()));
    boolean samePlace =
        earlier.answer().succeeded()
            && !earlier.kind().onlyLooks()
            && (earlier.arguments().place() == culprit.arguments().place()
                || (earlier.kind().renames()
                    && earlier.arguments().other() == culprit.arguments().place()));
    return sameInode || samePlace;
  }

  private String line(Step<?> step, long zero) {
    String end = step.returned == Event.NEVER ? "-" : String.format("%,d", step.returned - zero);
    return String.format(
        Locale.ROOT,
        "%s  [%,12d .. %12s]  %s",
        step.event.who(),
        step.invoked - zero,
        end,
        step.event.describe(universe));
  }

  /**
   * The segment without every look that is not needed for the fault. Leaving out a step that
   * changes something could make a fault of its own; leaving out one that only looks cannot.
   */
  private static <A> List<Step<A>> smallest(
      Verdict.Violation<A> violation, Model<A> model, Timeline<A> time) {
    List<Step<A>> window = new ArrayList<>(violation.segment());
    if (window.size() > SEGMENT_MAX || violation.start().isEmpty()) {
      return window;
    }
    int to = violation.culprit().lastMoment;
    int from = time.quietBefore(to);
    for (Step<A> step : violation.segment()) {
      if (step == violation.culprit() || step.effect != Step.Effect.LOOKS) {
        continue;
      }
      step.setLeftOut(true);
      Search<A> search = new Search<>(model, time, CONFIGURATIONS_MAX, CONFIGURATIONS_MAX);
      Verdict verdict = search.run(violation.start(), from, to + 1);
      if (verdict instanceof Verdict.Violation<?> same && same.culprit() == violation.culprit()) {
        window.remove(step);
      } else {
        step.setLeftOut(false);
      }
    }
    return window;
  }
}
