package dev.coterie.console;

import java.util.List;

/**
 * What a command takes: read by the quick parser and by picocli alike, and shown by help.
 *
 * @param name as typed
 * @param summary one line
 * @param operands what stands after the options, for help
 * @param least fewest operands
 * @param most most operands
 * @param options in the order of help
 * @param footer examples and notes, by lines
 */
record Synopsis(
    String name,
    String summary,
    String operands,
    int least,
    int most,
    List<Option> options,
    List<String> footer) {

  static final int ANY = Integer.MAX_VALUE;

  static final Option SOCKET =
      Option.value(
          "--socket",
          "ADDRESS",
          "where the leader listens: a path, or tcp:HOST:PORT (default: COTERIE_SOCKET, else the"
              + " path that 'up' takes by itself)");
  static final Option JSON = Option.flag("--json", "print JSON");

  /** Of a command whose {@code -h} is something else. */
  static final Option LONG_HELP = Option.flag("--help", "show this help and exit");

  static final Option HELP = Option.flag('h', "--help", "show this help and exit");
}
