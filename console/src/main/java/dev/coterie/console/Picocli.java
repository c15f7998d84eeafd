package dev.coterie.console;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What picocli does for a command: help, and arguments the {@link QuickParser} leaves to it. */
final class Picocli {
  private final Synopsis synopsis;
  private final CommandLine commandLine;

  Picocli(Synopsis synopsis) {
    this.synopsis = synopsis;
    CommandSpec spec = CommandSpec.create().name("coterie " + synopsis.name());
    spec.usageMessage()
        .description(synopsis.summary())
        .footer(synopsis.footer().toArray(new String[0]))
        .sortOptions(false)
        .autoWidth(false)
        .width(100);
    for (Option option : synopsis.options()) {
      spec.addOption(specOf(option));
    }
    if (synopsis.most() > 0) {
      // How many there may be is looked at below: for picocli it would be one rule for each place.
      spec.addPositional(
          PositionalParamSpec.builder()
              .index("0..*")
              .arity("0..*")
              .type(List.class)
              .auxiliaryTypes(String.class)
              .paramLabel(synopsis.operands())
              .hideParamSyntax(true)
              .build());
    }
    commandLine = new CommandLine(spec).setOverwrittenOptionsAllowed(true).setExpandAtFiles(false);
    // The operands say all in the first line of help.
    commandLine.getHelpSectionMap().remove(UsageMessageSpec.SECTION_KEY_PARAMETER_LIST);
  }

  private static OptionSpec specOf(Option option) {
    OptionSpec.Builder spec =
        OptionSpec.builder(option.names())
            .description(option.description())
            .usageHelp(option.name().equals(Synopsis.HELP.name()));
    if (!option.takesValue()) {
      return spec.type(boolean.class).build();
    }
    spec.paramLabel(option.label());
    return option.repeatable()
        ? spec.type(List.class).auxiliaryTypes(String.class).build()
        : spec.type(String.class).build();
  }

  /** The arguments; null when help was asked for. */
  @Nullable Arguments parse(List<String> arguments) throws Failure {
    ParseResult result;
    try {
      result = commandLine.parseArgs(arguments.toArray(new String[0]));
    } catch (ParameterException e) {
      String message = e.getMessage();
      throw usage(message == null ? "bad arguments" : firstLine(message));
    }
    if (result.isUsageHelpRequested()) {
      return null;
    }
    Map<String, List<String>> options = new HashMap<>();
    for (Option option : synopsis.options()) {
      if (result.hasMatchedOption(option.name())) {
        options.put(option.name(), option.takesValue() ? values(result, option) : List.of());
      }
    }
    List<String> operands =
        result.matchedPositionals().isEmpty()
            ? List.of()
            : result.matchedPositionals().getFirst().stringValues();
    if (operands.size() < synopsis.least()) {
      throw usage("Missing argument: " + synopsis.operands());
    }
    if (operands.size() > synopsis.most()) {
      throw usage("Unexpected argument: '" + operands.get(synopsis.most()) + "'");
    }
    return new Arguments(options, operands);
  }

  private Failure usage(String message) {
    return Failure.usage(message + "; see coterie " + synopsis.name() + " --help");
  }

  private static List<String> values(ParseResult result, Option option) {
    List<String> all = new ArrayList<>(result.matchedOption(option.name()).stringValues());
    return option.repeatable() ? all : List.of(all.getLast());
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return (end < 0 ? message : message.substring(0, end)).strip();
  }

  void help(PrintStream out) {
    PrintWriter writer = new PrintWriter(out, false, StandardCharsets.ISO_8859_1);
    commandLine.usage(writer, Ansi.OFF);
    writer.flush();
  }
}
