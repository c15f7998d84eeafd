package dev.coterie.check.history;

import org.jspecify.annotations.Nullable;

/**
 * What one object should do: a state, and which answers an operation may give in it.
 *
 * @param <A> the model's form of what was asked and answered
 */
interface Model<A> {
  /** The state before everything. */
  int[] initial();

  /**
   * Lets a step take effect.
   *
   * @return the state afterwards, the very same array if nothing changed; null if the step cannot
   *     have given its answer in this state, or if it leads to a state from which some step still
   *     to come cannot give its answer
   */
  int @Nullable [] apply(Configuration before, Step<A> step);

  /**
   * A state that allows exactly what this one allows from now on, and is the same for as many
   * states as possible; the very same array if there is nothing to do.
   */
  int[] reduce(Configuration configuration);

  /**
   * This model without its knowledge of what is still to come: it finds a fault no sooner than it
   * shows, and keeps every state as it is. Slower, but what it says is easier to follow.
   */
  Model<A> withoutForesight();

  /** The state in words. */
  String describe(int[] state);

  /** Why {@link #apply} said no. */
  String objection(int[] state, Step<A> step);
}
