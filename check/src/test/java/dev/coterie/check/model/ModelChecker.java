package dev.coterie.check.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runs TLC, with one worker, in a process and a folder of its own for each question. */
final class ModelChecker {
  private static final Pattern COUNTS =
      Pattern.compile("(?m)^(\\d+) states generated, (\\d+) distinct states found, (\\d+) states");
  private static final Pattern INVARIANT = Pattern.compile("Error: Invariant (\\w+) is violated");
  private static final long MINUTES_MAX = 30;

  /** Enough for models of some 100,000 states. */
  static final int HEAP_SMALL_MIB = 512;

  /**
   * What TLC said.
   *
   * @param finding "holds", the name of what does not, or "?" if TLC did not come to an end
   * @param generated states generated
   * @param distinct distinct states among them
   * @param left states whose successors were not looked at; none if all hold
   */
  record Result(
      String finding, long generated, long distinct, long left, long millis, String text) {}

  private final Path modules;
  private final Path folder;
  private final int heapMib;
  private int runs;

  ModelChecker(Path modules, Path folder, int heapMib) {
    this.modules = modules;
    this.folder = folder;
    this.heapMib = heapMib;
  }

  Result check(Model model) throws IOException, InterruptedException {
    Path own = folder.resolve("run-" + ++runs);
    deleteAll(own);
    Files.createDirectories(own);
    String module = model.module() + ".tla";
    Files.copy(modules.resolve(module), own.resolve(module));
    Files.writeString(own.resolve(model.module() + ".cfg"), model.configuration());
    Path out = own.resolve("out.txt");
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command(own, model.module()))
            .directory(own.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      if (!process.waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
        throw new AssertionError(model.title() + ": no end after " + MINUTES_MAX + " minutes");
      }
    } finally {
      process.destroyForcibly();
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    return read(model, Files.readString(out, UTF_8), millis);
  }

  private List<String> command(Path own, String module) throws IOException {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx" + heapMib + "m",
        "-XX:+UseSerialGC",
        // A small model is checked before the better compiler has done its work.
        "-XX:TieredStopAtLevel=" + (heapMib > HEAP_SMALL_MIB ? 4 : 1),
        // What TLC unpacks, and where it would look for settings of its own.
        "-Djava.io.tmpdir=" + own,
        "-Duser.home=" + own,
        "-cp",
        jar().toString(),
        "tlc2.TLC",
        "-workers",
        "1",
        "-fp",
        "0",
        "-lncheck",
        "final",
        // Bounded operations come to an end: that is no deadlock.
        "-deadlock",
        module);
  }

  private static Path jar() throws IOException {
    try {
      Class<?> main = Class.forName("tlc2.TLC", false, ModelChecker.class.getClassLoader());
      CodeSource source = Objects.requireNonNull(main.getProtectionDomain().getCodeSource());
      return Path.of(source.getLocation().toURI());
    } catch (ClassNotFoundException | URISyntaxException e) {
      throw new IOException("TLC is not on the class path", e);
    }
  }

  private static Result read(Model model, String text, long millis) {
    Matcher counts = COUNTS.matcher(text);
    long generated = 0;
    long distinct = 0;
    long left = -1;
    while (counts.find()) { // the last line counts
      generated = Long.parseLong(counts.group(1));
      distinct = Long.parseLong(counts.group(2));
      left = Long.parseLong(counts.group(3));
    }
    return new Result(finding(model, text), generated, distinct, left, millis, text);
  }

  private static String finding(Model model, String text) {
    Matcher invariant = INVARIANT.matcher(text);
    if (invariant.find()) {
      return invariant.group(1);
    }
    if (text.contains("Error: Temporal properties were violated.")) {
      // TLC does not say which.
      return String.join(" or ", model.holds());
    }
    boolean whole = text.contains("Model checking completed. No error has been found.");
    return whole ? "holds" : "?";
  }

  private static void deleteAll(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> below = Files.walk(folder)) {
      for (Path path : below.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }
}
