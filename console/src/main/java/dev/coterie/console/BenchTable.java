package dev.coterie.console;

import dev.coterie.bench.Measure;
import dev.coterie.bench.Row;
import dev.coterie.bench.Sample;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The lines of {@code bench} as a table in Markdown, each as soon as it is there. */
final class BenchTable {
  private static final List<String> HEADINGS =
      List.of(
          "run",
          "case",
          "ours",
          "peer",
          "ratio",
          "spread",
          "server CPU",
          "client CPU",
          "messages",
          "allocated",
          "verdict");

  /** Most cells fit in these; one that does not only moves its line. */
  private static final int[] WIDTHS = {16, 32, 10, 10, 6, 6, 13, 13, 11, 11, 12};

  private final PrintStream out;
  private boolean begun;

  BenchTable(Console console) {
    this.out = console.out();
  }

  void print(Row row) {
    if (!begun) {
      begun = true;
      out.println(ByteText.encoded(BenchJson.machine() + "\n"));
      line(HEADINGS);
      line(HEADINGS.stream().map(_ -> "---").toList());
    }
    line(
        List.of(
            row.of().run(),
            row.of().label(),
            figure(row, row.ours()),
            figure(row, row.peer()),
            number(row.ratio(), 2) + "×",
            number(row.spread(), 1) + "×",
            both(row, Sample::serverMicros),
            both(row, Sample::clientMicros),
            both(row, Sample::messages),
            allocated(row),
            verdict(row)));
    out.flush();
  }

  private void line(List<String> cells) {
    StringBuilder text = new StringBuilder("|");
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      text.append(' ').append(cell);
      text.append(" ".repeat(Math.max(0, WIDTHS[i] - cell.length()))).append(" |");
    }
    out.println(ByteText.encoded(text.toString()));
  }

  private static String figure(Row row, List<Sample> samples) {
    Measure measure = row.of().measure();
    String space = measure == Measure.RATE ? "" : " ";
    return number(row.figure(samples), measure == Measure.RATE ? 0 : 1) + space + measure.unit();
  }

  private static String both(Row row, ToDoubleFunction<Sample> figure) {
    double ours = Row.median(row.ours(), figure);
    double peer = Row.median(row.peer(), figure);
    return number(ours, 2) + " / " + number(peer, 2);
  }

  /** Bytes, where somebody looks. */
  private static String allocated(Row row) {
    double ours = Row.median(row.ours(), Sample::allocated);
    double peer = Row.median(row.peer(), Sample::allocated);
    return Double.isNaN(ours) || Double.isNaN(peer)
        ? ""
        : number(ours, 0) + " / " + number(peer, 0);
  }

  private static String verdict(Row row) {
    String target = String.format(Locale.ROOT, "%.2f", row.of().target());
    String text =
        switch (row.verdict()) {
          case MET -> "met (" + target + ")";
          case BEHIND -> "behind (" + target + ")";
          case MEASURED -> "measured";
          case NOT_JUDGED -> "not judged: " + row.reason();
        };
    return row.remark().isEmpty() ? text : text + "; " + row.remark();
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }
}
