package dev.coterie.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Programs of the machine, and those of this room that it has to compile first. */
final class Tools {
  /** Where each program comes from, in Debian. */
  private static final Map<String, String> PACKAGES =
      Map.of(
          "diod", "package diod",
          "gcc", "package gcc, with libc6-dev",
          "python3", "package python3",
          "taskset", "package util-linux");

  /** Where daemons are that are not on everybody's path. */
  private static final List<String> MORE_FOLDERS = List.of("/usr/sbin", "/sbin");

  private static final List<String> FLAGS = List.of("-std=gnu17", "-O2", "-pthread");

  private Tools() {}

  /** The path of a program. */
  static Path find(String program) throws MissingTool {
    String path = System.getenv().getOrDefault("PATH", "") + ":" + String.join(":", MORE_FOLDERS);
    for (String folder : path.split(File.pathSeparator)) {
      Path file = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        return file.toAbsolutePath();
      }
    }
    throw new MissingTool(program, PACKAGES.getOrDefault(program, "no package known"));
  }

  /** A program of this room, compiled unless its very source has been before. */
  static Path compiled(String name) throws IOException, BenchException {
    byte[] source = resource(name + ".c");
    Path program = cache().resolve(name + "-" + hash(source));
    if (Files.isExecutable(program)) {
      return program;
    }
    Path gcc = find("gcc");
    Files.createDirectories(cache());
    Path folder = Files.createTempDirectory(cache(), "compile-");
    try {
      Path file = Files.write(folder.resolve(name + ".c"), source);
      Path made = folder.resolve(name);
      Path log = folder.resolve("log");
      List<String> command =
          List.of(
              gcc.toString(),
              FLAGS.get(0),
              FLAGS.get(1),
              FLAGS.get(2),
              "-o",
              made.toString(),
              file.toString());
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (waitFor(process) != 0) {
        throw new BenchException("gcc cannot compile " + name + ".c: " + Files.readString(log));
      }
      // At once, as another run may look for it.
      Files.move(made, program, StandardCopyOption.ATOMIC_MOVE);
      return program;
    } finally {
      for (String left : List.of(name + ".c", name, "log")) {
        Files.deleteIfExists(folder.resolve(left));
      }
      Files.deleteIfExists(folder);
    }
  }

  /** A file that lies beside the classes of this room. */
  static byte[] resource(String name) throws IOException {
    try (InputStream in = Tools.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("not packaged: " + name);
      }
      return in.readAllBytes();
    }
  }

  /** Runs a short program to its end and gives its stdout. */
  static String output(Path errors, List<String> command) throws IOException, BenchException {
    Process process =
        new ProcessBuilder(command).redirectError(Redirect.appendTo(errors.toFile())).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (waitFor(process) != 0) {
      List<String> lines = Files.readAllLines(errors);
      Path program = Path.of(command.getFirst()).getFileName();
      throw new BenchException(lines.isEmpty() ? program + " failed" : lines.getLast());
    }
    return out;
  }

  private static int waitFor(Process process) throws BenchException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted");
    }
  }

  /** As the XDG base directory specification has it. */
  private static Path cache() {
    String home = environment("XDG_CACHE_HOME");
    return home == null
        ? Path.of(System.getProperty("user.home"), ".cache", "coterie")
        : Path.of(home, "coterie");
  }

  private static @Nullable String environment(String name) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? null : value;
  }

  private static String hash(byte[] source) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(FLAGS.toString().getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest(source), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
