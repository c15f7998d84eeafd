package dev.coterie.console;

import java.util.List;

/** {@code coterie man}: manual pages, made from what the commands say of themselves. */
final class ManCommand implements Command {
  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "man",
        "Prints a manual page, for man(1) to show.",
        HelpCommand.OPERANDS,
        0,
        1,
        List.of(Synopsis.HELP),
        List.of(
            "",
            "Without a COMMAND the page of coterie itself.",
            "",
            "Examples:",
            "  coterie man put | man -l -",
            "  coterie man > /usr/local/share/man/man1/coterie.1",
            "  coterie man put > /usr/local/share/man/man1/coterie-put.1"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    String version = Main.version();
    ManPage page = new ManPage(console.out(), version == null ? "" : version);
    if (arguments.operands().isEmpty()) {
      page.ofProgram();
      return 0;
    }
    String word = arguments.operands().getFirst();
    Command command = Commands.find(word);
    if (command == null) {
      throw Failure.usage(word + ": no such command");
    }
    page.of(command.synopsis());
    return 0;
  }
}
