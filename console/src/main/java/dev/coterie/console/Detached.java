package dev.coterie.console;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Another process of this program that lives on when this one ends: in a session of its own, so
 * that no terminal ends it, and with nothing of ours open, so that nobody waits for it to close a
 * pipe.
 */
final class Detached {
  static final String MAIN = Main.class.getName();

  /** The Java launcher that this process runs. */
  static final Path LAUNCHER = Path.of("/proc/self/exe");

  private Detached() {}

  /**
   * Starts a command and waits until it says that it serves: its first line on stdout.
   *
   * @param log where its stderr goes; made anew
   * @throws Failure it ended instead; the reason is its own
   */
  static void start(List<String> words, Path log) throws IOException, Failure {
    List<String> line = new ArrayList<>();
    line.add("setsid"); // util-linux, essential on every distribution
    line.addAll(program());
    line.addAll(words);
    Process process =
        new ProcessBuilder(line)
            .directory(
                Path.of("/").toFile()) // so that it keeps no file system from being unmounted
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectError(log.toFile())
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.ISO_8859_1)) {
      if (out.readLine() != null) {
        return;
      }
    }
    throw Failure.of(reason(log));
  }

  /** The Java launcher and all its options, as they are for this process. */
  private static List<String> program() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc/self/cmdline"));
    String[] words = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
    List<String> program = new ArrayList<>();
    for (String word : words) {
      // Its name may not be found, or be another program's, where PATH is another.
      program.add(program.isEmpty() ? LAUNCHER.toRealPath().toString() : word);
      if (word.equals(MAIN)) {
        return program;
      }
    }
    throw new IOException("cannot tell how this program was started");
  }

  /** The last line of what it said, without who says it. */
  private static String reason(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    String last = lines.isEmpty() ? "it ended without a word" : lines.getLast();
    return last.replaceFirst("^coterie: [a-z]+: ", "");
  }
}
