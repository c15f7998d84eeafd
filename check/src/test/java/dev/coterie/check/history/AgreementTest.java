package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.InodeId;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Thousands of tiny histories: the search, both ways, says what trying every order says. */
class AgreementTest {
  private static final int HISTORIES = Boolean.getBoolean("coterie.full") ? 400_000 : 6_000;
  private static final Universe TINY = new Universe(3, 1, 3, 1, 4);
  private static final int DEPTH_MAX = 1 << 20;

  @Test
  void names_likeEveryOrderTried() {
    compare(seed -> new RandomHistory(seed, TINY, true, 3 + (int) seed % 4), true);
  }

  @Test
  void content_likeEveryOrderTried() {
    compare(seed -> new RandomHistory(seed, TINY, false, 3 + (int) seed % 4), false);
  }

  private static void compare(LongFunction<RandomHistory> make, boolean names) {
    int legal = 0;
    int illegal = 0;
    for (long seed = 0; seed < HISTORIES; seed++) {
      RandomHistory random = make.apply(seed);
      int operations = 3 + random.random.nextInt(12);
      List<Event> events = random.generate(operations, seed % 6 == 0 ? 1.5 / operations : 0);
      for (int i = random.random.nextInt(3); i > 0; i--) {
        events = random.spoil(events);
      }
      if (!isWellFormed(events)) {
        continue;
      }
      BruteForce.Reference start =
          names
              ? new NamesReference(TINY.groupSlots(), RandomHistory.pool(events))
              : new FileReference();
      boolean right = BruteForce.isLinearizable(start, events);
      String about = "seed " + seed + ", " + (right ? "legal" : "illegal") + "\n" + text(events);
      assertThat(search(events, names, Checker.BREADTH_MAX)).as(about).isEqualTo(right);
      assertThat(search(events, names, 0)).as("depth first, " + about).isEqualTo(right);
      legal += right ? 1 : 0;
      illegal += right ? 0 : 1;
    }
    // A comparison in which one side never occurs says little.
    assertThat(legal).isGreaterThan(HISTORIES / 8);
    assertThat(illegal).isGreaterThan(HISTORIES / 8);
  }

  /**
   * Nobody can ask for an inode of which no answer has told; {@link NamesHistory} relies on that.
   */
  private static boolean isWellFormed(List<Event> events) {
    return events.stream()
        .allMatch(event ->
            isTold(event.arguments().directory(), event.invoked(), events)
                && isTold(event.arguments().subject(), event.invoked(), events));
  }

  private static boolean isTold(@Nullable InodeId id, long before, List<Event> events) {
    return id == null
        || id.equals(NamesReference.NOBODY)
        || events.stream()
            .anyMatch(event -> id.equals(event.answer().id()) && event.returned() <= before);
  }

  private static boolean search(List<Event> events, boolean names, int breadthMax) {
    return search(events, names, TINY, breadthMax) instanceof Verdict.Linearizable;
  }

  /** The verdict on the events of group 0, or of file 0. */
  static Verdict search(List<Event> events, boolean names, Universe universe, int breadthMax) {
    if (names) {
      NamesHistory history = new NamesHistory(events);
      NamesModel model = new NamesModel(history, universe, 0);
      return new Search<>(model, history.time(), breadthMax, DEPTH_MAX).run();
    }
    FileHistory history = new FileHistory(events);
    return new Search<>(new FileModel(history), history.time(), breadthMax, DEPTH_MAX).run();
  }

  private static String text(List<Event> events) {
    StringBuilder text = new StringBuilder();
    for (Event event : events) {
      text.append(
          "%s %d..%d %s%n"
              .formatted(event.who(), event.invoked(), event.returned(), event.describe(TINY)));
    }
    return text.toString();
  }
}
