package dev.coterie.console;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A command that was run within this JVM.
 *
 * @param status exit status
 * @param out what it wrote to stdout, as {@link ByteText}
 * @param err what it wrote to stderr
 */
record Ran(int status, String out, String err) {

  static Ran command(Map<String, String> environment, String in, String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            words[0], new ByteArrayInputStream(ByteText.bytes(in)), out, err, environment, "");
    List<String> rest = new ArrayList<>(List.of(words).subList(1, words.length));
    int status = Main.run(words[0], rest, console);
    return new Ran(status, ByteText.of(out.toByteArray()), ByteText.of(err.toByteArray()));
  }

  static Ran command(Command command, List<String> words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            command.synopsis().name(),
            new ByteArrayInputStream(new byte[0]),
            out,
            err,
            Map.of(),
            "");
    int status = Main.run(command, words, console);
    return new Ran(status, ByteText.of(out.toByteArray()), ByteText.of(err.toByteArray()));
  }
}
