package dev.coterie.console;

import org.jspecify.annotations.Nullable;

/**
 * An option of a command.
 *
 * @param letter as in {@code -l}, or null
 * @param name as in {@code --long}
 * @param label what its value is, in help; null when it takes none
 * @param repeatable whether it may be given several times, each with a value
 * @param description one line for help
 */
record Option(
    @Nullable Character letter,
    String name,
    @Nullable String label,
    boolean repeatable,
    String description) {

  static Option flag(char letter, String name, String description) {
    return new Option(letter, name, null, false, description);
  }

  static Option flag(String name, String description) {
    return new Option(null, name, null, false, description);
  }

  static Option value(String name, String label, String description) {
    return new Option(null, name, label, false, description);
  }

  static Option values(String name, String label, String description) {
    return new Option(null, name, label, true, description);
  }

  boolean takesValue() {
    return label != null;
  }

  /** How help and picocli spell it. */
  String[] names() {
    return letter == null ? new String[] {name} : new String[] {"-" + letter, name};
  }
}
