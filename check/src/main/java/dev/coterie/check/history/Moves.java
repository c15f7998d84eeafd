package dev.coterie.check.history;

import org.jspecify.annotations.Nullable;

/** How configurations follow from one another: what both ways to search have in common. */
final class Moves<A> {
  private final Model<A> model;
  private final Timeline<A> time;

  Moves(Model<A> model, Timeline<A> time) {
    this.model = model;
    this.time = time;
  }

  /**
   * The configuration after one more step that may change the state, and all the looks that this
   * allows.
   */
  @Nullable Configuration take(Configuration configuration, Step<A> step) {
    int[] state = model.apply(configuration, step);
    if (state == null) {
      return null;
    }
    Configuration after = configuration.after(step, state);
    lookAround(after, time.looking(after.moment()));
    after.state = model.reduce(after);
    return after;
  }

  /** Goes over a return, in place; the step that returns must have been taken, or be optional. */
  void moveOn(Configuration configuration) {
    int moment = configuration.moment();
    configuration.moveOn(time.returning(moment));
    if (moment + 1 < time.moments()) {
      begin(configuration);
    }
  }

  /** Lets what begins at the configuration's moment look, in place. */
  void begin(Configuration configuration) {
    if (lookAround(configuration, time.beginning(configuration.moment()))) {
      configuration.state = model.reduce(configuration);
    }
  }

  @SuppressWarnings("ReferenceEquality") // that nothing changed is said by the very same array
  private boolean lookAround(Configuration configuration, Iterable<Step<A>> steps) {
    boolean any = false;
    for (Step<A> step : steps) {
      if (step.takenEarly()
          && !configuration.took(step)
          && model.apply(configuration, step) == configuration.state) {
        configuration.add(step);
        any = true;
      }
    }
    return any;
  }

  /** Whether it makes sense to take the step next: it has not been, and no twin comes first. */
  boolean isOpen(Configuration configuration, Step<A> step) {
    if (configuration.took(step)) {
      return false;
    }
    for (Step<A> other : time.changing(configuration.moment())) {
      if (step.yieldsTo(other) && !configuration.took(other)) {
        return false;
      }
    }
    return true;
  }
}
