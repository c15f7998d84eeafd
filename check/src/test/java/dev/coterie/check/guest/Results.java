package dev.coterie.check.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What became of each item with each kernel: a table to read, and one for programs. */
final class Results {
  /** Outcomes, with the words that stand in the table. */
  enum Outcome {
    PASSED("passed"),
    FAILED("FAILED"),
    NOT_OFFERED("not offered by the kernel"),
    NOT_RUN("not run");

    private final String words;

    Outcome(String words) {
      this.words = words;
    }
  }

  private record Cell(Outcome outcome, long millis, String note) {}

  private final List<String> kernels;
  private final Map<String, Map<String, Cell>> rows = new LinkedHashMap<>(); // by title, by kernel

  Results(List<String> kernels) {
    this.kernels = kernels;
  }

  void put(String kernel, String title, Outcome outcome, long millis, @Nullable String note) {
    String line =
        note == null ? "" : note.lines().findFirst().orElse("").replace('\t', ' ').strip();
    rows.computeIfAbsent(title, row -> new LinkedHashMap<>())
        .put(kernel, new Cell(outcome, millis, line));
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Markdown. */
  String table() {
    List<List<String>> lines = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("item"));
    kernels.forEach(kernel -> head.add("Linux " + kernel));
    lines.add(head);
    rows.forEach((title, cells) -> {
      List<String> line = new ArrayList<>(List.of(title));
      for (String kernel : kernels) {
        Cell cell = cells.get(kernel);
        line.add(cell == null ? Outcome.NOT_RUN.words : cell.outcome.words);
      }
      lines.add(line);
    });
    int[] widths = new int[head.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int n = 0; n < lines.size(); n++) {
      append(text, lines.get(n), widths);
      if (n == 0) {
        text.append('|');
        for (int width : widths) {
          text.append(" ").append("-".repeat(width)).append(" |");
        }
        text.append('\n');
      }
    }
    return text.append(notes()).append(summary()).toString();
  }

  /** Why items were not offered, each reason once with what it is of. */
  private String notes() {
    Map<String, List<String>> reasons = new LinkedHashMap<>();
    rows.forEach((title, cells) ->
        cells.forEach((kernel, cell) -> {
          if (cell.outcome == Outcome.NOT_OFFERED) {
            reasons.computeIfAbsent(cell.note, note -> new ArrayList<>()).add(kernel + " " + title);
          }
        }));
    StringBuilder text = new StringBuilder("\nNot offered by the kernel:\n\n");
    reasons.forEach((reason, of) ->
        text.append("* ").append(reason).append(": ").append(String.join(" · ", of)).append('\n'));
    return reasons.isEmpty() ? "" : text.toString();
  }

  private static void append(StringBuilder text, List<String> line, int[] widths) {
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      text.append(' ')
          .append(line.get(i))
          .repeat(" ", widths[i] - line.get(i).length())
          .append(" |");
    }
    text.append('\n');
  }

  private String summary() {
    StringBuilder text = new StringBuilder();
    for (String kernel : kernels) {
      text.append("\nLinux ").append(kernel).append(':');
      for (Outcome outcome : Outcome.values()) {
        long count =
            rows.values().stream()
                .map(cells -> cells.getOrDefault(kernel, new Cell(Outcome.NOT_RUN, 0, "")))
                .filter(cell -> cell.outcome == outcome)
                .count();
        text.append(' ').append(count).append(' ').append(outcome.words).append(',');
      }
      text.setLength(text.length() - 1);
    }
    return text.append('\n').toString();
  }

  /** The table as results.md, and lines of its cells with tabs between as results.tsv. */
  void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("results.md"), table());
    StringBuilder text = new StringBuilder("kernel\titem\toutcome\tmillis\tnote\n");
    rows.forEach((title, cells) ->
        cells.forEach((kernel, cell) ->
            text.append(
                "%s\t%s\t%s\t%d\t%s\n"
                    .formatted(
                        kernel,
                        title,
                        cell.outcome.name().toLowerCase(java.util.Locale.ROOT),
                        cell.millis,
                        cell.note))));
    Files.writeString(folder.resolve("results.tsv"), text);
  }
}
