package dev.coterie.check.history;

import static dev.coterie.check.history.Script.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckerTest {
  private static final Universe TWO_GROUPS = new Universe(4, 2, 4, 2, 8);
  private static final Checker CHECKER = new Checker(2);

  private static Event event(int object, int from, int to, Kind kind, Arguments a, Answer answer) {
    return new Event(1, 2, kind, object, from, to, a, answer);
  }

  private static Report check(Event... events) {
    return CHECKER.check(History.of(TWO_GROUPS, List.of(events)));
  }

  @Test
  void check_nothing_isFine() {
    Report report = check();
    assertThat(report.isFine()).isTrue();
    assertThat(report.objects()).isEqualTo(4);
  }

  @Test
  void check_oneIdentityInTwoGroups_isFound() {
    Report report =
        check(
            event(0, 0, 5, Kind.MKNOD, slot(0), file(1, 1)),
            event(1, 10, 15, Kind.MKNOD, slot(0), file(1, 1)));
    assertThat(report.findings())
        .containsExactly("identity {1.1} belongs to an inode of group 0 and to one of group 1");
  }

  @Test
  void check_counts_nothingLeftOut() {
    Report report =
        check(
            event(0, 0, 5, Kind.MKNOD, slot(0), file(1, 1)),
            event(1, 10, 15, Kind.MKNOD, slot(0), error(Errno.EMFILE)),
            event(0, 6, 8, Kind.LOOKUP, slot(0), error(Errno.EINTR)),
            new Event(0, 0, Kind.UNLINK, 1, 20, Event.NEVER, slot(1), Answer.NONE),
            event(1, 3, 9, Kind.WRITE, cells(0, 1, 2), wrote(2)),
            event(1, 5, 20, Kind.SIZE, range(0, 0), size(2)));
    assertThat(report.isFine()).isTrue();
    assertThat(report.census().events()).isEqualTo(6);
    assertThat(report.census().answered()).isEqualTo(3);
    assertThat(report.census().doubtful()).isEqualTo(1);
    assertThat(report.census().refused()).isEqualTo(1);
    assertThat(report.census().open()).isEqualTo(1);
    assertThat(report.longestSegment()).isEqualTo(2);
    assertThat(report.mostUnderWay()).isEqualTo(2);
  }

  @Test
  void report_ofViolation_namesObjectCulpritAndReason() {
    Report report =
        check(
            event(1, 0, 5, Kind.MKNOD, slot(0), file(1, 1)),
            event(1, 6, 9, Kind.LOOKUP, slot(2), error(Errno.ENOENT)),
            event(1, 100, 150, Kind.RENAME, move(0, 3), done()),
            event(1, 110, 115, Kind.LOOKUP, slot(2), error(Errno.ENOENT)),
            event(1, 120, 125, Kind.LOOKUP, slot(3), file(1, 1)),
            event(1, 130, 140, Kind.LOOKUP, slot(0), file(1, 1)));
    assertThat(report.violations()).isEqualTo(1);
    assertThat(report.findings()).hasSize(1);
    String text = report.findings().getFirst();
    assertThat(text)
        .contains("VIOLATION names of group 1")
        .contains("lookup d00/n01 -> file {1.1}")
        .contains("but then it would be answered ENOENT")
        .contains("since then, 4 operations");
    // Looks that have nothing to do with it are not shown, those that make the fault are.
    assertThat(text).doesNotContain("d02/n01 -> ENOENT");
    assertThat(text).contains("rename d00/n01 to d03/n01 -> done");
    assertThat(text).contains("lookup d03/n01 -> file {1.1}");
    assertThat(report.toText()).contains("violations").contains(text.strip());
  }

  /**
   * Many writes at once, each seen by nobody, and a read that fits none: too much for so small a
   * bound.
   */
  @Test
  void check_overTheBound_isUndecidedAndNoSuccess() {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      events.add(
          event(0, i, 1_000 + i, Kind.WRITE, cells(i % 5, i + 1, 1 + i % 3), wrote(1 + i % 3)));
    }
    events.add(event(0, 50, 900, Kind.SIZE, range(0, 0), size(8)));
    Report report = new Checker(1, 10, 10).check(History.of(TWO_GROUPS, events));
    assertThat(report.isFine()).isFalse();
    assertThat(report.undecided()).isEqualTo(1);
    assertThat(report.findings().getFirst()).startsWith("UNDECIDED content of f00");
    // With room it is decided: no order makes the file 8 cells long.
    assertThat(new Checker(1).check(History.of(TWO_GROUPS, events)).violations()).isEqualTo(1);
  }

  @Test
  void check_returnBeforeCall_isFound() {
    assertThat(check(event(0, 9, 5, Kind.LOOKUP, slot(0), error(Errno.ENOENT))).isFine()).isFalse();
  }
}
