package dev.coterie.check.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real source tree, put in by four processes at once, each with a part, and got back by another:
 * every content, mode, owner, time, link and group of names arrives.
 */
@Timeout(1800)
class SourceTreeIT {
  private static final int PROCESSES = 4;

  /** Nobody imports the command line; it is run as its users run it. */
  private static final String MAIN = "dev.coterie.console.Main";

  @TempDir private Path folder = Path.of("");
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  private Process coterie(String... words) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-Xlog:disable"));
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
    line.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put("COTERIE_SOCKET", socket());
    Process process = builder.start();
    started.add(process);
    process.getOutputStream().close();
    return process;
  }

  private String socket() {
    return folder.resolve("socket").toString();
  }

  /** What it said, once it has ended well. */
  private static String awaited(Process process) throws IOException, InterruptedException {
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private SourceTree source() throws IOException {
    return Boolean.getBoolean("coterie.full")
        ? SourceTree.ofLinux(folder)
        : SourceTree.ofJdk(folder);
  }

  @Test
  void putByFour_gotByAnother_isTheSame() throws Exception {
    SourceTree source = source();
    Listing expected = Listing.of(source.root());
    assertThat(expected.files()).isGreaterThan(Boolean.getBoolean("coterie.full") ? 20_000 : 1000);
    assertThat(expected.further()).isGreaterThan(expected.files() / 50);
    Process leader =
        coterie("up", "--socket", socket(), "--mount", "/=tmpfs,size=16g,nr_inodes=1m");
    try (BufferedReader lines = leader.inputReader()) {
      assertThat(lines.readLine()).startsWith("coterie: serving");
    }
    awaited(coterie("mkdir", "/tree"));

    long begin = System.nanoTime();
    List<Process> putters = new ArrayList<>();
    for (List<Path> part : source.parts(PROCESSES)) {
      List<String> words = new ArrayList<>(List.of("put", "-a"));
      part.forEach(path -> words.add(path.toString()));
      words.add("/tree");
      putters.add(coterie(words.toArray(new String[0])));
    }
    for (Process putter : putters) {
      System.out.println("  put: " + awaited(putter));
    }
    long between = System.nanoTime();
    Path back = folder.resolve("back");
    System.out.println("  get: " + awaited(coterie("get", "-a", "/tree", back.toString())));
    long end = System.nanoTime();

    Listing found = Listing.of(back);
    assertThat(differences(expected.lines(), found.lines())).isEmpty();
    assertThat(found).isEqualTo(expected);
    report(source.what(), expected, between - begin, end - between);
  }

  /** A short answer, where all lines would be too many to read. */
  private static List<String> differences(
      SortedMap<String, String> expected, SortedMap<String, String> found) {
    List<String> differences = new ArrayList<>();
    SortedMap<String, String> rest = new TreeMap<>(found);
    expected.forEach((path, line) -> {
      String other = rest.remove(path);
      if (!line.equals(other)) {
        differences.add(path + ": " + line + " became " + other);
      }
    });
    rest.forEach((path, line) -> differences.add(path + ": appeared: " + line));
    return differences.subList(0, Math.min(20, differences.size()));
  }

  private static void report(String what, Listing tree, long putNanos, long getNanos) {
    System.out.printf(
        "SourceTreeIT: %s: %d files, %d further names, %d symbolic links, %d bytes%n",
        what, tree.files(), tree.further(), tree.links(), tree.bytes());
    System.out.println(rate("put by " + PROCESSES + " processes", tree, putNanos));
    System.out.println(rate("got by one process", tree, getNanos));
  }

  private static String rate(String what, Listing tree, long nanos) {
    double seconds = nanos / 1e9;
    return "  %s: %.2f s, %.0f files/s, %.1f MiB/s"
        .formatted(what, seconds, tree.files() / seconds, tree.bytes() / seconds / (1 << 20));
  }
}
