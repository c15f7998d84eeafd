package dev.coterie.console;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sorts out the arguments of a command when they are plain. picocli is the authority and explains
 * what is wrong, but loading it takes longer than a whole {@code ls}: its classes are of Java 5,
 * which no AOT cache takes. So whatever this parser accepts, picocli would read alike, and whatever
 * it does not is picocli's.
 */
final class QuickParser {
  private final Synopsis synopsis;
  private final Map<String, List<String>> options = new HashMap<>();
  private final List<String> operands = new ArrayList<>();
  private int at;

  private QuickParser(Synopsis synopsis) {
    this.synopsis = synopsis;
  }

  /** The arguments, or null if picocli must look at them. */
  static @Nullable Arguments parse(Synopsis synopsis, List<String> arguments) {
    QuickParser parser = new QuickParser(synopsis);
    return parser.takeAll(arguments) ? new Arguments(parser.options, parser.operands) : null;
  }

  private boolean takeAll(List<String> arguments) {
    boolean onlyOperands = false;
    while (at < arguments.size()) {
      String word = arguments.get(at++);
      if (onlyOperands || word.equals("-") || !word.startsWith("-")) {
        operands.add(word);
      } else if (word.equals("--")) {
        onlyOperands = true;
      } else if (!(word.startsWith("--")
          ? takeName(word, arguments)
          : takeLetters(word, arguments))) {
        return false;
      }
    }
    return operands.size() >= synopsis.least() && operands.size() <= synopsis.most();
  }

  private boolean takeName(String word, List<String> arguments) {
    int equals = word.indexOf('=');
    Option option = find(equals < 0 ? word : word.substring(0, equals));
    if (option == null || (equals >= 0 && !option.takesValue())) {
      return false;
    }
    if (equals >= 0) {
      return take(option, word.substring(equals + 1));
    }
    return option.takesValue() ? takeNext(option, arguments) : take(option, null);
  }

  private boolean takeLetters(String word, List<String> arguments) {
    for (int i = 1; i < word.length(); i++) {
      Option option = find(word.charAt(i));
      if (option == null || (option.takesValue() && word.length() > 2)) {
        return false;
      }
      if (!(option.takesValue() ? takeNext(option, arguments) : take(option, null))) {
        return false;
      }
    }
    return true;
  }

  private boolean takeNext(Option option, List<String> arguments) {
    // A value that looks like an option is more likely a forgotten value.
    return at < arguments.size()
        && !arguments.get(at).startsWith("-")
        && take(option, arguments.get(at++));
  }

  private boolean take(Option option, @Nullable String value) {
    if (option.name().equals(Synopsis.HELP.name())) {
      return false;
    }
    if (value == null) {
      options.put(option.name(), List.of());
      return true;
    }
    List<String> values = new ArrayList<>();
    if (option.repeatable()) {
      values.addAll(options.getOrDefault(option.name(), List.of()));
    }
    values.add(value);
    options.put(option.name(), values);
    return true;
  }

  private @Nullable Option find(String name) {
    for (Option option : synopsis.options()) {
      if (option.name().equals(name)) {
        return option;
      }
    }
    return null;
  }

  private @Nullable Option find(char letter) {
    for (Option option : synopsis.options()) {
      Character own = option.letter();
      if (own != null && own == letter) {
        return option;
      }
    }
    return null;
  }
}
