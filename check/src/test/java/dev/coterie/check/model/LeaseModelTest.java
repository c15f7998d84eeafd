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
      new ModelChecker(BASE.resolve("src/test/tla"), FOLDER, FULL ? 2048 : 512);
  private static final List<String> ROWS = new ArrayList<>();

  /** Models, and how many distinct states there are at least: fewer, and something is shut off. */
  static Stream<Arguments> whole() {
    return FULL ? Stream.concat(small(), large()) : small();
  }

  private static Stream<Arguments> small() {
    return Stream.of(
        Arguments.of(Model.lease("two clients"), 10_000),
        Arguments.of(
            Model.lease("a connection lost, a client replaced")
                .with("MaxOps", "2")
                .with("MaxVer", "1")
                .with("MaxLoss", "1")
                .with("MaxSess", "2"),
            1000),
        Arguments.of(
            Model.timed("leases that expire").with("MaxOps", "2").with("MaxVer", "1"), 1000),
        Arguments.of(Model.endless("each operation comes to its end"), 5000),
        Arguments.of(threePlain("first in, first out"), 400),
        Arguments.of(Model.retry("retries"), 1800),
        Arguments.of(
            Model.retry("retries, a client replaced").with("Changes", "1").with("MaxSess", "2"),
            300));
  }

  private static Stream<Arguments> large() {
    return Stream.of(
        Arguments.of(
            Model.retry("each retry is answered").with("Changes", "2").always("Answered"), 1800));
  }

  /** Models with a rule left out, and the property that must not hold then. */
  static Stream<Arguments> broken() {
    return FULL ? Stream.concat(named(), further()) : named();
  }

  private static Stream<Arguments> named() {
    return Stream.of(
        Arguments.of(
            Model.lease("seen before it is acknowledged").without("A").invariant("RuleA"),
            "RuleA"),
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
            Model.timed("a client that does not look at its deadline")
                .without("Deadline")
                .invariant("RuleA"),
            "RuleA"),
        Arguments.of(
            Model.timed("expiry without margin, seen by the clients")
                .without("Margin")
                .invariant("ExclusiveAlone"),
            "ExclusiveAlone"));
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
