package dev.coterie.console;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** A manual page in the language of man(7). */
final class ManPage {
  private static final String EXAMPLES = "Examples:";

  private final PrintStream out;
  private final String version;

  ManPage(PrintStream out, String version) {
    this.out = out;
    this.version = version;
  }

  /** The page of one command. */
  void of(Synopsis synopsis) {
    begin("coterie-" + synopsis.name(), synopsis.summary());
    section("SYNOPSIS");
    out.print(".B coterie " + text(synopsis.name()) + "\n");
    if (!synopsis.options().isEmpty()) {
      out.print("[\\fIOPTION\\fR...]\n");
    }
    if (!synopsis.operands().isEmpty()) {
      line(synopsis.operands());
    }
    section("DESCRIPTION");
    line(synopsis.summary());
    List<String> notes = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    split(synopsis.footer(), notes, behind);
    paragraphs(notes);
    section("OPTIONS");
    for (Option option : synopsis.options()) {
      out.print(".TP\n");
      out.print("\\fB" + text(String.join("\\fR, \\fB", option.names()), true) + "\\fR");
      String label = option.label();
      out.print(label == null ? "\n" : "=\\fI" + text(label) + "\\fR\n");
      line(option.description());
    }
    if (!behind.isEmpty()) {
      section("EXAMPLES");
      paragraphs(behind);
    }
    end();
    section("SEE ALSO");
    out.print(".BR coterie (1)\n");
  }

  /** The page of the program. */
  void ofProgram() {
    begin("coterie", "one coherent POSIX file system for many processes");
    section("SYNOPSIS");
    out.print(".B coterie\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n");
    section("DESCRIPTION");
    line(
        "One process, the leader, owns a POSIX tree; any number of others work on it over a"
            + " socket.");
    line("What one has done is what every other sees next.");
    section("COMMANDS");
    for (String word : Commands.LISTED) {
      Command command = Commands.find(word);
      if (command != null) {
        out.print(".TP\n.BR " + text("coterie-" + word) + " (1)\n");
        line(command.synopsis().summary());
      }
    }
    end();
  }

  private void begin(String name, String summary) {
    // No date: two builds of one commit are to be the same.
    out.print(".TH " + name.toUpperCase(java.util.Locale.ROOT) + " 1 \"\" \"coterie " + version);
    out.print("\" \"Coterie\"\n");
    section("NAME");
    String lower = Character.toLowerCase(summary.charAt(0)) + summary.substring(1);
    String plain = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    out.print(text(name) + " \\- " + text(plain) + "\n");
  }

  /** What holds for all commands. */
  private void end() {
    section("EXIT STATUS");
    line("0 done, 1 something failed, 2 the command line was not understood.");
    section("ENVIRONMENT");
    out.print(".TP\n.B COTERIE_SOCKET\n");
    line("Where the leader listens, unless --socket says it; else it is looked for at");
    line("$XDG_RUNTIME_DIR/coterie/socket or /tmp/coterie-UID/socket.");
  }

  private void section(String title) {
    out.print(".SH " + title + "\n");
  }

  private void line(String line) {
    out.print(text(line) + "\n");
  }

  /** The lines of help before the examples, and the examples with what follows them. */
  private static void split(List<String> footer, List<String> notes, List<String> examples) {
    int at = footer.indexOf(EXAMPLES);
    if (at < 0) {
      notes.addAll(footer);
    } else {
      notes.addAll(footer.subList(0, at));
      examples.addAll(footer.subList(at + 1, footer.size()));
    }
  }

  /** Paragraphs as help has them: those with columns or indented lines are kept as they are. */
  private void paragraphs(List<String> lines) {
    List<String> paragraph = new ArrayList<>();
    for (String line : lines) {
      if (line.isEmpty()) {
        paragraph(paragraph);
        paragraph.clear();
      } else {
        paragraph.add(line);
      }
    }
    paragraph(paragraph);
  }

  private void paragraph(List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    boolean plain = lines.stream().anyMatch(line -> line.contains("  "));
    out.print(plain ? ".PP\n.nf\n" : ".PP\n");
    lines.forEach(this::line);
    out.print(plain ? ".fi\n" : "");
  }

  /** Text that roff(7) takes as it is: no escapes, no requests, hyphens that can be copied. */
  static String text(String text) {
    return text(text, false);
  }

  private static String text(String text, boolean fonts) {
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> result.append(fonts ? "\\" : "\\e");
        case '-' -> result.append("\\-");
        case '\'' -> result.append("\\(aq");
        case '`' -> result.append("\\(ga");
        case '^' -> result.append("\\(ha");
        case '~' -> result.append("\\(ti");
        default -> result.append(c);
      }
    }
    return result.length() > 0 && result.charAt(0) == '.' ? "\\&" + result : result.toString();
  }
}
