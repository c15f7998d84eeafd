package dev.coterie.console;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entry point of the {@code coterie} program. */
public final class Main {
  private Main() {}

  /** Runs one command and exits: 0 done, 1 something failed, 2 not understood. */
  public static void main(String[] args) {
    String[] arguments = ByteText.arguments(args);
    String word = arguments.length == 0 ? "help" : arguments[0];
    List<String> rest =
        arguments.length == 0 ? List.of() : Arrays.asList(arguments).subList(1, arguments.length);
    int status = run(word, rest, Console.ofProcess(word));
    // Not System.exit, which would load the logging of the JDK first; everything is written out.
    Runtime.getRuntime().halt(status);
  }

  static int run(String word, List<String> arguments, Console console) {
    return run(Commands.find(word), arguments, console);
  }

  static int run(@Nullable Command command, List<String> arguments, Console console) {
    try {
      if (command == null) {
        throw Failure.usage("no such command; see coterie help");
      }
      int status = run(command, command.synopsis(), arguments, console);
      console.finish();
      return status;
    } catch (Failure e) {
      trace(e);
      console.complain(e.text());
      return e.status();
    } catch (IOException e) {
      trace(e);
      // As for any filter: the reader has had enough, and nobody needs to hear of it.
      if (!"Broken pipe".equals(e.getMessage())) {
        console.complain(Failure.reason(e));
      }
      return Failure.FAILED;
    } catch (RuntimeException | Error e) {
      trace(e);
      console.complain("internal error: " + e);
      return Failure.FAILED;
    }
  }

  private static int run(
      Command command, Synopsis synopsis, List<String> arguments, Console console)
      throws IOException, Failure {
    Arguments parsed = QuickParser.parse(synopsis, arguments);
    if (parsed == null) {
      Picocli picocli = new Picocli(synopsis);
      parsed = picocli.parse(arguments);
      if (parsed == null) {
        picocli.help(console.out());
        return 0;
      }
    }
    return command.run(parsed, console);
  }

  private static void trace(Throwable cause) {
    if (Boolean.getBoolean("coterie.trace")) {
      cause.printStackTrace();
    }
  }

  static @Nullable String version() {
    return Main.class.getPackage().getImplementationVersion();
  }
}
