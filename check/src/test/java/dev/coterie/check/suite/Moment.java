package dev.coterie.check.suite;

import dev.coterie.api.Timestamp;
import java.util.function.Predicate;

/** A moment of a tree's clock, as far as it can be told: what happens next bears it. */
record Moment(String text, Predicate<Timestamp> includes) {
  /** Of a clock that stands still. */
  static Moment at(Timestamp now) {
    return new Moment(now.toString(), now::equals);
  }

  /** Of a clock that goes on: from this time, which nothing before bore, to the present. */
  static Moment from(Timestamp first) {
    return new Moment(first + " or later", time -> time.compareTo(first) >= 0);
  }

  @Override
  public String toString() {
    return text;
  }
}
