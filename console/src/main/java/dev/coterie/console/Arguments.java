package dev.coterie.console;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command's arguments, sorted out.
 *
 * @param options by name; flags with an empty list
 * @param operands the rest, in order
 */
record Arguments(Map<String, List<String>> options, List<String> operands) {

  boolean has(Option option) {
    return options.containsKey(option.name());
  }

  /** The value of an option; null when it was not given. */
  @Nullable String value(Option option) {
    List<String> values = options.get(option.name());
    return values == null ? null : values.getLast();
  }

  List<String> values(Option option) {
    return options.getOrDefault(option.name(), List.of());
  }

  /** The value of an option as a number. */
  int number(Option option, int otherwise, int least, int most) throws Failure {
    String value = value(option);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw Failure.usage(
        option.name() + ": not a number from " + least + " to " + most + ": " + value);
  }
}
