package dev.coterie.bench;

import dev.coterie.bench.nio.NioMain;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One operation of {@code java.nio.file} within one process: Jimfs, and the JDK's own file system
 * on a folder in memory, against ours. JMH measures, in a JVM of its own for each turn ({@link
 * NioMain}).
 *
 * @param jimfs least ratio to Jimfs
 * @param jdk least ratio to the JDK's file system
 */
record NioRun(String operation, String summary, double jimfs, double jdk) implements Run {
  private static final int FILES = 10_000;
  private static final int FEW_FILES = 100;

  /** Iterations before those that count: with few, a create costs what compiling it costs. */
  private static final int WARM = 10;

  private static final long WAIT_MS = 600_000;

  /** JMH and the peer lie in this folder beside lib/, so that no other command has them. */
  private static final String JARS = "lib-nio";

  @Override
  public String name() {
    return "nio-" + operation;
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Path folder = Files.createDirectories(arena.folder().resolve("nio"));
    List<String> flags = List.of("-XX:+UseSerialGC", NioMain.UNSAFE_ALLOWED);
    List<String> command = Arena.java(flags, classPath(), NioMain.class);
    command.add(folder.toString());
    try (Child child = arena.child("nio", command)) {
      child.await("ready", WAIT_MS);
      // Each turn has a JVM of its own, which is warmed up in it.
      rounds
          .withoutWarmRounds()
          .compareTo(
              side(arena, child, "coterie"),
              List.of(
                  new Rounds.Peer(of("peer: Jimfs", jimfs), side(arena, child, "jimfs")),
                  new Rounds.Peer(of("peer: JDK on tmpfs", jdk), side(arena, child, "jdk"))));
    }
  }

  private Case of(String label, double target) {
    return new Case(name(), label, Measure.LATENCY, target);
  }

  private Side side(Arena arena, Child child, String kind) {
    Settings settings = arena.settings();
    return () -> {
      child.say(
          String.join(
              " ",
              operation,
              kind,
              Integer.toString(settings.size(FILES, FEW_FILES)),
              Integer.toString(settings.roundMs()),
              Integer.toString(settings.size(WARM, 1))));
      Figures figures = Figures.parse(child.hear(WAIT_MS + 10L * settings.roundMs()));
      return new Sample(figures.get("micros"), 0, figures.get("cpu"), 0, figures.get("allocated"));
    };
  }

  /** Ours, and what measures and the peer where they are not on it. */
  private static String classPath() throws IOException, BenchException {
    String own = System.getProperty("java.class.path");
    ClassLoader loader = NioRun.class.getClassLoader();
    if (loader.getResource("org/openjdk/jmh/runner/Runner.class") != null) {
      return own;
    }
    Path folder = beside(ownJar());
    List<String> all = new ArrayList<>(List.of(own));
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
        jars.forEach(jar -> all.add(jar.toString()));
      }
    }
    if (all.size() == 1) {
      throw new BenchException("no JMH in " + folder);
    }
    return String.join(":", all);
  }

  private static Path ownJar() throws BenchException {
    try {
      return Path.of(NioRun.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new BenchException("no path: " + e.getMessage());
    }
  }

  /** {@link #JARS}, seen from a jar in lib/. */
  static Path beside(Path jar) {
    return jar.resolve("../..").resolve(JARS).normalize();
  }
}
