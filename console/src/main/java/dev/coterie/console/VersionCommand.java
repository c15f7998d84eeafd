package dev.coterie.console;

import java.util.List;

/** {@code coterie version}. */
final class VersionCommand implements Command {
  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "version", "Shows the version.", "", 0, 0, List.of(Synopsis.HELP), List.of());
  }

  @Override
  public int run(Arguments arguments, Console console) {
    String version = Main.version();
    console.out().println("coterie " + (version == null ? "(not packaged)" : version));
    return 0;
  }
}
