package dev.coterie.check.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The models of docs/leases.md hold, and with one rule left out the property of its name does not.
 * A table of the states explored is printed at the end and stays in target/models/results.md.
 */
class LeaseModelTest {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final Path BASE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path FOLDER = BASE.resolve("target/models");
  private static final ModelChecker CHECKER =
      new ModelChecker(
          BASE.resolve("src/test/tla"), FOLDER, FULL ? 2048 : ModelChecker.HEAP_SMALL_MIB);
  private static final List<String> ROWS = new ArrayList<>();

  /** Models, and how many distinct states there are at least: fewer, and something is shut off. */
  static Stream<Arguments> whole() {
    return FULL ? Stream.concat(small(), large()) : small();
  }

  private static Stream<Arguments> small() {
    return Stream.of(
        Arguments.of(Model.lease("two clients"), 18_000),
        Arguments.of(
            Model.lease("a connection lost, a client replaced")
                .with("MaxOps", "2")
                .with("MaxVer", "1")
                .with("MaxLoss", "1")
                .with("MaxSess", "2"),
            10_000),
        Arguments.of(
            Model.timed("leases that expire").with("MaxOps", "2").with("MaxVer", "1"), 20_000),
        Arguments.of(Model.endless("each operation comes to its end").with("Plain", "{c2}"), 1000),
        Arguments.of(threePlain("first in, first out"), 75),
        Arguments.of(Model.retry("retries"), 1800),
        Arguments.of(
            Model.retry("retries, a client replaced").with("Changes", "1").with("MaxSess", "2"),
            350));
  }

  private static Stream<Arguments> large() {
    return Stream.of(
        Arguments.of(
            Model.lease("more, with a loss and a replacement")
                .with("MaxLoss", "1")
                .with("MaxSess", "2"),
            400_000),
        Arguments.of(
            Model.lease("two operations of a client at once").with("Threads", "{1, 2}"), 110_000),
        Arguments.of(Model.timed("more leases that expire"), 300_000),
        Arguments.of(
            Model.timed("a loss and expiry")
                .with("MaxOps", "2")
                .with("MaxVer", "1")
                .with("MaxLoss", "1")
                .with("MaxSess", "2"),
            50_000),
        Arguments.of(Model.endless("both hold leases"), 9000),
        Arguments.of(Model.endless("a connection lost, no end").with("MaxLoss", "1"), 40_000),
        Arguments.of(
            Model.endless("two who read, one who writes")
                .with("Clients", "{c1, c2, c3}")
                .with("Plain", "{c3}")
                .with("Writers", "{c3}"),
            27_000),
        Arguments.of(silent("one who never answers, but pings"), 60_000),
        Arguments.of(
            Model.retry("more retries").with("Changes", "3").with("MaxConn", "3"), 130_000),
        Arguments.of(
            Model.retry("more retries, a client replaced")
                .with("Slots", "{0}")
                .with("MaxConn", "3")
                .with("MaxSess", "2"),
            6000),
        Arguments.of(Model.retry("each retry is answered").always("Answered"), 1800));
  }

  /** Models with a rule left out, and the property that must not hold then. */
  static Stream<Arguments> broken() {
    return FULL ? Stream.concat(named(), further()) : named();
  }

  private static Stream<Arguments> named() {
    return Stream.of(
        Arguments.of(
            Model.lease("seen before it is acknowledged").without("A").invariant("RuleA"), "RuleA"),
        Arguments.of(
            Model.endless("waits while it holds the inode").without("B").always("RuleB"), "RuleB"),
        Arguments.of(
            Model.endless("write-back parked behind its recall")
                .with("Plain", "{c2}")
                .without("C")
                .always("RuleC"),
            "RuleC"),
        Arguments.of(
            Model.endless("granted beside a recall")
                .with("Plain", "{c2}")
                .with("Writers", "{c2}")
                .without("Grant")
                .always("RuleD"),
            "RuleD"),
        Arguments.of(threePlain("newest first").without("Newest"), "RuleD"),
        Arguments.of(
            Model.timed("a late write is taken").without("Fence").invariant("NoLostWrite"),
            "NoLostWrite"),
        Arguments.of(
            Model.timed("expiry without margin").without("Margin").invariant("RuleA"), "RuleA"),
        Arguments.of(
            Model.retry("no look at the slot").without("Slot").invariant("AppliedOnce"),
            "AppliedOnce"));
  }

  private static Stream<Arguments> further() {
    return Stream.of(
        Arguments.of(
            Model.timed("does not look at its deadline").without("Deadline").invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.timed("expiry without margin, for the clients")
                .with("Plain", "{}")
                .without("Margin")
                .invariant("ExclusiveAlone"),
            "ExclusiveAlone"),
        Arguments.of(
            Model.lease("own change under way, copy used").without("Own").invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.lease("a grant behind its recall is believed")
                .without("Floor")
                .invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.lease("an older lease outlives its recall")
                .without("Superseded")
                .invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.lease("filled while an own change is under way")
                .with("Threads", "{1, 2}")
                .without("Fill")
                .invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.lease("a grant behind a newer one is believed")
                .with("Threads", "{1, 2}")
                .with("MaxOps", "4")
                .with("MaxVer", "1")
                .without("Older")
                .invariant("ExclusiveAlone"),
            "ExclusiveAlone"),
        Arguments.of(
            Model.lease("acknowledged before write-back")
                .without("AckFirst")
                .invariant("NoLostWrite"),
            "NoLostWrite"),
        Arguments.of(
            Model.endless("recalls not sent again")
                .with("MaxLoss", "1")
                .without("Resend")
                .always("RuleB"),
            "RuleB"),
        Arguments.of(silent("pings are enough").without("Mute").always("RuleB"), "RuleB"),
        Arguments.of(
            Model.retry("replies not kept").without("Reply").invariant("AppliedOnce"),
            "AppliedOnce"),
        Arguments.of(
            Model.retry("slot taken when done").without("TakeLate").invariant("AppliedOnce"),
            "AppliedOnce"),
        Arguments.of(
            Model.retry("slot used while under way").without("SlotReuse").always("Answered"),
            "Answered"),
        Arguments.of(
            replaced("an old session is served").without("OldSession"), "OldSessionSilent"),
        Arguments.of(
            replaced("what an old session waits for goes on").without("Replace"),
            "OldSessionSilent"));
  }

  /** The second waits for what the first holds, who may stop for good but for its pings. */
  private static Model silent(String title) {
    return Model.endless(title).with("Timed", "TRUE").with("Plain", "{c2}").with("Silent", "{c1}");
  }

  private static Model replaced(String title) {
    return Model.retry(title)
        .with("Changes", "1")
        .with("MaxSess", "2")
        .invariant("OldSessionSilent");
  }

  private static Model threePlain(String title) {
    return Model.endless(title)
        .with("Clients", "{c1, c2, c3}")
        .with("Plain", "{c1, c2, c3}")
        .with("Writers", "{}")
        .always("RuleD");
  }

  @ParameterizedTest
  @MethodSource("whole")
  void model_holds(Model model, long statesMin) throws Exception {
    ModelChecker.Result result = CHECKER.check(model);
    note(model, result);
    assertThat(result.finding()).as(result.text()).isEqualTo("holds");
    assertThat(result.left()).isZero();
    assertThat(result.distinct()).isGreaterThanOrEqualTo(statesMin);
  }

  @ParameterizedTest
  @MethodSource("broken")
  void model_withoutARule_failsByIt(Model model, String property) throws Exception {
    ModelChecker.Result result = CHECKER.check(model);
    note(model, result);
    assertThat(result.finding()).as(result.text()).isEqualTo(property);
  }

  private static void note(Model model, ModelChecker.Result result) {
    ROWS.add(
        "| %-11s | %-44s | %-14s | %9d | %9d | %6d |"
            .formatted(
                model.module(),
                model.title(),
                result.finding().equals("holds") ? "holds" : "NOT " + result.finding(),
                result.generated(),
                result.distinct(),
                result.millis()));
  }

  @AfterAll
  static void writeTable() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "| module      | model                                        | found          |    states |"
            + "  distinct |     ms |");
    lines.add("| --- | --- | --- | ---: | ---: | ---: |");
    lines.addAll(ROWS);
    Files.createDirectories(FOLDER);
    Files.write(FOLDER.resolve("results.md"), lines);
    lines.forEach(System.out::println);
  }
}
