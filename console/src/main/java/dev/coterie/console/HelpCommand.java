package dev.coterie.console;

import java.io.PrintStream;
import java.util.List;

/** {@code coterie help}. */
final class HelpCommand implements Command {
  static final String OPERANDS = "[COMMAND]";

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "help",
        "Shows all commands, or one of them.",
        OPERANDS,
        0,
        1,
        List.of(Synopsis.HELP),
        List.of());
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    if (!arguments.operands().isEmpty()) {
      String word = arguments.operands().getFirst();
      Command command = Commands.find(word);
      if (command == null) {
        throw Failure.usage(word + ": no such command");
      }
      new Picocli(command.synopsis()).help(console.out());
      return 0;
    }
    PrintStream out = console.out();
    out.println("Usage: coterie COMMAND [OPTION...] [ARGUMENT...]");
    out.println("One coherent POSIX file system for many processes.");
    out.println();
    for (String word : Commands.LISTED) {
      Command command = Commands.find(word);
      if (command != null) {
        out.println("  " + word + " ".repeat(12 - word.length()) + command.synopsis().summary());
      }
    }
    out.println();
    out.println("coterie COMMAND --help shows the options of a command, with examples.");
    out.println(
        "Commands find the leader by --socket, else by the variable COTERIE_SOCKET, else at");
    out.println("$XDG_RUNTIME_DIR/coterie/socket or /tmp/coterie-UID/socket.");
    out.println("Exit status: 0 done, 1 something failed, 2 the command line was not understood.");
    return 0;
  }
}
