package dev.coterie.check.host;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What tests on the host need of it, and do to it. */
public final class HostTools {
  private HostTools() {}

  /** Skips the test, or fails it with -Dcoterie.requireTools=true, when something is missing. */
  public static void require(boolean there, String otherwise) {
    if (!there && Boolean.getBoolean("coterie.requireTools")) {
      fail(otherwise);
    } else if (!there) {
      abort(otherwise);
    }
  }

  public static void requireRoot() {
    require(
        "root".equals(System.getProperty("user.name")), "only root may mount and act as others");
  }

  public static void requireTool(String name, String debianPackage) {
    boolean there =
        Stream.of("/usr/bin", "/bin", "/usr/sbin", "/sbin")
            .anyMatch(dir -> Files.isExecutable(Path.of(dir, name)));
    require(there, name + " is not installed (package " + debianPackage + ")");
  }

  /** A directory on ext4, for new ones; the test is skipped where there is none. */
  public static Path onExt4() throws IOException {
    Path temp = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    require("ext4".equals(Files.getFileStore(temp).type()), temp + " is not on ext4");
    return temp;
  }

  /** A directory on the kernel's tmpfs, for new ones. */
  public static Path onTmpfs() throws IOException {
    Path shared = Path.of("/dev/shm");
    require(
        Files.isDirectory(shared) && "tmpfs".equals(Files.getFileStore(shared).type()),
        "/dev/shm is no tmpfs");
    return shared;
  }

  /** Runs a command, and fails if it fails. */
  public static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(List.of(command) + ": " + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return output;
  }

  /** Removes all that is in a directory. */
  public static void empty(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      all.filter(path -> !path.equals(directory))
          .sorted(Comparator.reverseOrder())
          .forEach(HostTools::delete);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  public static void removeAll(Path directory) throws IOException {
    if (Files.exists(directory)) {
      empty(directory);
      Files.delete(directory);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A setting of the kernel: such files give all they have to the first read, and only to that. */
  static String setting(Path file) throws IOException {
    byte[] bytes = new byte[64];
    try (InputStream in = Files.newInputStream(file)) {
      return new String(bytes, 0, in.read(bytes), StandardCharsets.US_ASCII).strip();
    }
  }
}
