package dev.coterie.console;

import java.io.PrintStream;

/** The entry point of the {@code coterie} program. */
public final class Main {
  private static final String USAGE =
      """
      Usage: coterie COMMAND [ARGUMENT...]
        help     show this text
        version  show the version
      """;

  private Main() {}

  /** Runs one command and exits: 0 done, 2 not understood. */
  public static void main(String[] args) {
    int status = run(args, System.out, System.err);
    if (status != 0) {
      System.exit(status);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    String command = args.length == 0 ? "help" : args[0];
    switch (command) {
      case "help", "-h", "--help" -> out.print(USAGE);
      case "version", "-V", "--version" -> out.println("coterie " + version());
      default -> {
        err.println("coterie: unknown command '" + command + "'; see coterie help");
        return 2;
      }
    }
    return 0;
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
