package dev.coterie.console;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * Does once what commands do, on a leader that is there for this: the launcher lets the JVM watch
 * and keep what it has learned in an AOT cache. Nobody types this.
 */
final class TrainCommand implements Command {
  static final String WORD = "train";

  private static final List<List<String>> LINES =
      List.of(
          List.of("mkdir", "-p", "/train/a"),
          List.of("put", "-", "/train/a/x"),
          List.of("append", "/train/a/x"),
          List.of("ls"),
          List.of("ls", "/"),
          List.of("ls", "-la", "/train", "/none"),
          List.of("ls", "--json", "/"),
          List.of("cat", "/train/a/x"),
          List.of("stat", "/train/a/x"),
          List.of("df"),
          List.of("tree", "/train"),
          List.of("cp", "-r", "/train/a", "/train/b"),
          List.of("mv", "/train/b", "/train/c"),
          List.of("ln", "-s", "a", "/train/l"),
          List.of("get", "/train/a/x", "-"),
          List.of("rm", "-r", "/train"));

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        WORD, "Is run by the launcher.", "", 0, 0, List.of(Synopsis.HELP), List.of());
  }

  @Override
  public int run(Arguments arguments, Console console) {
    Map<String, String> environment =
        Map.of(SocketPath.VARIABLE, console.environment(SocketPath.VARIABLE));
    for (List<String> line : LINES) {
      Console quiet =
          new Console(
              line.getFirst(),
              InputStream.nullInputStream(),
              OutputStream.nullOutputStream(),
              OutputStream.nullOutputStream(),
              environment,
              "");
      Main.run(line.getFirst(), line.subList(1, line.size()), quiet);
    }
    return 0;
  }
}
