package dev.coterie.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Records of {@link Records#BYTES} bytes that our clients write, beside a server in C that only
 * sends back what it is sent: by several processes that get in each other's way, and by one alone.
 *
 * <p>What the mock-up came to is remarked too, as measured on another machine at another time: a
 * figure to remember, no comparison. Runs {@code mockup-*} compare with it.
 */
final class WritesRun {
  private static final int PROCESSES = 4;

  /** An append is a round trip with work in it. */
  private static final double ECHO = 0.6;

  // Of the mock-up, in writes per second.
  private static final int MOCKUP_ALONE = 55_000;
  private static final int MOCKUP_APPEND = 51_000;
  private static final int MOCKUP_SHARED = 3_800;

  private WritesRun() {}

  /** Four processes on one file. */
  static final class Contested implements Run {
    @Override
    public String name() {
      return "writes-contested";
    }

    @Override
    public String summary() {
      return "records of 4 processes to one file: a C echo server with 4 clients";
    }

    @Override
    public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
      Side echo = P9Load.single("echo").among(PROCESSES).on(arena, arena.echo());
      try (Team append = new LeaderTeam(arena, "append", PROCESSES);
          Team buffered = new LeaderTeam(arena, "buffered", PROCESSES);
          Team shared = new LeaderTeam(arena, "shared", PROCESSES)) {
        Side bufferedSide = new Remembering(buffered, MOCKUP_APPEND);
        Side sharedSide = new Remembering(shared, MOCKUP_SHARED);
        rounds.compareAll(
            List.of(echo, append, bufferedSide, sharedSide),
            List.of(
                Rounds.Line.of(of("append, one message each", ECHO), append, echo),
                Rounds.Line.of(
                    of("append, buffered; peer: one message each"), bufferedSide, append),
                Rounds.Line.of(of("shared offset"), sharedSide, echo)));
      }
    }

    private Case of(String label) {
      return of(label, Double.NaN);
    }

    private Case of(String label, double target) {
      return new Case(name(), label, Measure.RATE, target);
    }
  }

  /** One process on a file that nobody else uses. */
  static final class Alone implements Run {
    @Override
    public String name() {
      return "writes-alone";
    }

    @Override
    public String summary() {
      return "records of one process to a file of its own: a C echo server with 1 client";
    }

    @Override
    public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
      Side echo = P9Load.single("echo").among(1).on(arena, arena.echo());
      try (Team plain = new LeaderTeam(arena, "alone", 1);
          Team copies = new LeaderTeam(arena, "copies", 1)) {
        Side plainSide = new Remembering(plain, MOCKUP_ALONE);
        Side copiesSide = new Remembering(copies, MOCKUP_ALONE);
        rounds.compareAll(
            List.of(echo, plainSide, copiesSide),
            List.of(
                new Rounds.Line(
                    of("one message each"), plainSide, turn -> rate(turn.of(echo)), echo),
                Rounds.Line.of(of("kept back; peer: one message each"), copiesSide, plainSide)));
      }
    }

    private Case of(String label) {
      return new Case(name(), label, Measure.RATE, Double.NaN);
    }

    /** How many of its round trips there would be in a second. */
    private static Sample rate(Sample echo) {
      return new Sample(1e6 / echo.value(), echo.serverMicros(), echo.clientMicros(), 1);
    }
  }

  /**
   * A team, with what the mock-up came to.
   *
   * @param mockup its writes per second, in another run
   */
  private record Remembering(Team team, int mockup) implements Side {
    @Override
    public Sample measure() throws IOException, BenchException {
      return team.measure();
    }

    @Override
    public String remark() {
      return String.format(Locale.ROOT, "%s (not this run: mock-up %,d/s)", team.remark(), mockup);
    }
  }
}
