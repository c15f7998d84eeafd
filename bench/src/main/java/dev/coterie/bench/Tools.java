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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
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
          "libfuse3", "package libfuse3-dev",
          "python3", "package python3",
          "tar", "package tar",
          "taskset", "package util-linux");

  /** Where daemons are that are not on everybody's path. */
  private static final List<String> MORE_FOLDERS = List.of("/usr/sbin", "/sbin");

  /** What Debian's libfuse3-dev brings. */
  private static final Path FUSE_HEADER = Path.of("/usr/include/fuse3/fuse_lowlevel.h");

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
    return compiled(new Source(name + ".c", List.of(), List.of()));
  }

  /** The same for a peer on libfuse. */
  static Path compiledWithFuse(String name) throws IOException, BenchException {
    if (!Files.exists(FUSE_HEADER)) {
      throw new MissingTool("libfuse3", PACKAGES.getOrDefault("libfuse3", ""));
    }
    return compiled(new Source(name + ".c", List.of("fusepeer.h"), List.of("-lfuse3")));
  }

  /**
   * What a program is made of.
   *
   * @param file with main
   * @param headers that it includes, of this room
   * @param libraries as the linker is told
   */
  private record Source(String file, List<String> headers, List<String> libraries) {
    String name() {
      return file.substring(0, file.lastIndexOf('.'));
    }
  }

  private static Path compiled(Source source) throws IOException, BenchException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(source.file(), resource(source.file()));
    for (String header : source.headers()) {
      files.put(header, resource(header));
    }
    Path program = cache().resolve(source.name() + "-" + hash(files.values()));
    if (Files.isExecutable(program)) {
      return program;
    }
    Path gcc = find("gcc");
    Files.createDirectories(cache());
    Path folder = Files.createTempDirectory(cache(), "compile-");
    try {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Files.write(folder.resolve(file.getKey()), file.getValue());
      }
      // At once, as another run may look for it.
      Files.move(compile(gcc, source, folder), program, StandardCopyOption.ATOMIC_MOVE);
      return program;
    } finally {
      Arena.delete(folder);
    }
  }

  private static Path compile(Path gcc, Source source, Path folder)
      throws IOException, BenchException {
    Path made = folder.resolve(source.name());
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(gcc.toString());
    command.addAll(FLAGS);
    command.addAll(List.of("-o", made.toString(), folder.resolve(source.file()).toString()));
    command.addAll(source.libraries());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (waitFor(process) != 0) {
      throw new BenchException(
          "gcc cannot compile " + source.file() + ": " + Files.readString(log));
    }
    return made;
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

  private static String hash(Collection<byte[]> sources) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(FLAGS.toString().getBytes(StandardCharsets.US_ASCII));
      sources.forEach(digest::update);
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
