package dev.coterie.check.history;

import java.util.List;

/**
 * One operation of a history as the search sees it.
 *
 * @param <A> the model's form of what was asked and answered
 */
final class Step<A> {
  /** What taking effect can do to a state. */
  enum Effect {
    /** Never changes the state. */
    LOOKS,
    /**
     * May change it; but where it does not, it never will later: {@link Kind#CREATE} that finds the
     * file.
     */
    SETTLES,
    /** May change it. */
    CHANGES
  }

  final Event event;
  final A action;
  final long invoked;

  /**
   * From then on it has had its effect, or never will; {@link Event#NEVER} if it still can at any
   * time.
   */
  final long returned;

  /**
   * Whether it may also have had no effect at all: then no answer came, or one that leaves this
   * open.
   */
  final boolean optional;

  /** Set while the history is made ready. */
  Effect effect;

  /**
   * Steps of the same number other than 0 are the same to every state. Set while the history is
   * made ready.
   */
  private int twins;

  // Set by Timeline.

  /** The first {@link Timeline moment} at which it is under way. */
  int firstMoment;

  /** The last one: that of its own return. */
  int lastMoment = Integer.MAX_VALUE;

  /** Its place in sets of what is under way; another step's before and after. */
  int bit;

  private boolean leftOut;

  Step(Event event, A action, Effect effect) {
    Certainty certainty = Certainty.of(event);
    this.event = event;
    this.action = action;
    this.optional = certainty != Certainty.ANSWERED;
    this.effect = optional ? Effect.CHANGES : effect;
    this.invoked = event.invoked();
    this.returned = certainty == Certainty.OPEN ? Event.NEVER : event.returned();
  }

  /** Whether it is best taken as soon as it is possible without a change. */
  boolean takenEarly() {
    return effect != Effect.CHANGES;
  }

  boolean mayChange() {
    return effect != Effect.LOOKS;
  }

  void setTwins(int number) {
    twins = number;
  }

  /**
   * Whether {@code other} may always take this one's place and comes first: it is a twin that must
   * take effect, and sooner. (If this one is taken now and the other one later, it can as well be
   * the other one now and this one then.)
   */
  boolean yieldsTo(Step<A> other) {
    return twins != 0 && twins == other.twins && other.returned < returned && !other.optional;
  }

  boolean isLeftOut() {
    return leftOut;
  }

  /**
   * Takes it out of the history, or back in: then nobody waits for it, and nobody has seen what it
   * saw.
   */
  void setLeftOut(boolean out) {
    leftOut = out;
  }

  /** Whether any of these has taken effect in a configuration. */
  static <A> boolean anyTaken(List<Step<A>> steps, Configuration configuration) {
    for (Step<A> step : steps) {
      if (!step.leftOut && configuration.took(step)) {
        return true;
      }
    }
    return false;
  }
}
