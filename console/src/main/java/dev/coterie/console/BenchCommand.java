package dev.coterie.console;

import dev.coterie.bench.Bench;
import dev.coterie.bench.BenchException;
import dev.coterie.bench.Row;
import dev.coterie.bench.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code coterie bench}. */
final class BenchCommand implements Command {
  private static final Option LIST = Option.flag("--list", "say what there is to run, and end");
  private static final Option ROUNDS =
      Option.value("--rounds", "N", "rounds in which each side has its turn (default 7)");
  private static final Option SECONDS =
      Option.value("--seconds", "S", "of each side in each round (default 0.5)");
  private static final Option CPU =
      Option.flag("--cpu", "judge by CPU time for each operation, which noise touches least");
  private static final Option SMALL =
      Option.flag("--small", "few files and connections: to see that it works");

  private static final Option QUICK =
      Option.flag("--quick", "3 rounds of 0.1 s, and --small: a first look");

  private static final int QUICK_ROUNDS = 3;
  private static final int QUICK_MS = 100;
  private static final int ROUNDS_MAX = 1000;
  private static final double SECONDS_LEAST = 0.01;
  private static final double SECONDS_MAX = 600;
  private static final int WARM_ROUNDS = 3;
  private static final int NAME_WIDTH = 18;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "bench",
        "Measures against other programs, side by side.",
        "[NAME...]",
        0,
        Synopsis.ANY,
        List.of(LIST, ROUNDS, SECONDS, CPU, SMALL, QUICK, Synopsis.JSON, Synopsis.HELP),
        List.of(
            "",
            "A name is that of a run or of a group: p9, echo, mockup, flat, mount, nio. Without"
                + " one, all are run. Each",
            "run measures a peer and ours in turn, round by round; the ratio is the median over"
                + " the",
            "rounds of how many times as good ours was in that round: more is better for ours. If",
            "the peer's own figures lie over 2 times apart, or with under 3 rounds, nothing is",
            "judged. CPU times are of server and of clients, in microseconds for each operation,",
            "ours / peer's; so are the messages to the server and, within a JVM, the bytes allocated.",
            "",
            "Peers are programs of the machine: diod, python3, and gcc to compile others, with"
                + " libfuse3-dev",
            "those of mount, which needs root. A run whose peer is not installed is left out with a",
            "line that says so, and the exit status is 1.",
            "",
            "Examples:",
            "  coterie bench",
            "  coterie bench p9-getattr echo --rounds 15",
            "  coterie bench flat --cpu",
            "  coterie bench mount --quick",
            "  coterie bench mount-read mount-stat --rounds 15 --json",
            "  coterie bench p9 --json | jq '.rows[] | {run, case, ratio, verdict}'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    if (arguments.has(LIST)) {
      list(console, arguments.has(Synopsis.JSON));
      return 0;
    }
    Settings settings = settings(arguments);
    List<String> runs;
    try {
      runs = Bench.select(arguments.operands().stream().map(ByteText::decoded).toList());
    } catch (BenchException e) {
      throw Failure.usage(e.why());
    }
    Map<String, BenchException> failures;
    if (arguments.has(Synopsis.JSON)) {
      List<Row> rows = new ArrayList<>();
      failures = Bench.run(runs, settings, rows::add);
      BenchJson.print(console, settings, rows, failures);
    } else {
      BenchTable table = new BenchTable(console);
      failures = Bench.run(runs, settings, table::print);
    }
    failures.forEach((run, why) -> console.complain(run + ": " + ByteText.encoded(why.why())));
    return console.status();
  }

  private static Settings settings(Arguments arguments) throws Failure {
    boolean quick = arguments.has(QUICK);
    boolean small = quick || arguments.has(SMALL);
    int usualRounds = quick ? QUICK_ROUNDS : Settings.DEFAULT.rounds();
    return new Settings(
        arguments.number(ROUNDS, usualRounds, 1, ROUNDS_MAX),
        milliseconds(arguments, quick ? QUICK_MS : Settings.DEFAULT.roundMs()),
        small ? 1 : WARM_ROUNDS,
        arguments.has(CPU),
        small);
  }

  private static int milliseconds(Arguments arguments, int usual) throws Failure {
    String value = arguments.value(SECONDS);
    if (value == null) {
      return usual;
    }
    try {
      double seconds = Double.parseDouble(value);
      if (seconds >= SECONDS_LEAST && seconds <= SECONDS_MAX) {
        return (int) Math.round(seconds * 1000);
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw Failure.usage(
        "--seconds: not a number from " + SECONDS_LEAST + " to " + SECONDS_MAX + ": " + value);
  }

  private static void list(Console console, boolean json) {
    Map<String, String> all = Bench.list();
    if (json) {
      try (Json document = new Json(console)) {
        document.beginArray();
        all.forEach((name, summary) ->
            document.beginObject().field("name", name).field("summary", summary).endObject());
        document.endArray();
      }
      return;
    }
    PrintStream out = console.out();
    all.forEach((name, summary) ->
        out.println(name + " ".repeat(NAME_WIDTH - name.length()) + ByteText.encoded(summary)));
  }
}
