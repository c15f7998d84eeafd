package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Rules of this machine's kernel beyond POSIX (proc(5)), out of the way until closed. */
public final class Protections implements AutoCloseable {
  private static final String[] NAMES = {
    "protected_hardlinks", "protected_symlinks", "protected_fifos", "protected_regular"
  };

  private final Map<Path, String> before = new LinkedHashMap<>();
  private final Thread restoring = new Thread(this::restore);

  private Protections() {}

  /** Skips or fails the test where they cannot be changed. */
  public static Protections off() throws IOException {
    Protections protections = new Protections();
    Runtime.getRuntime().addShutdownHook(protections.restoring);
    for (String name : NAMES) {
      Path file = Path.of("/proc/sys/fs", name);
      if (Files.exists(file)) {
        HostTools.require(Files.isWritable(file), file + " cannot be written");
        protections.before.put(file, Files.readString(file));
        Files.writeString(file, "0");
      }
    }
    return protections;
  }

  private synchronized void restore() {
    before.forEach((file, value) -> {
      try {
        Files.writeString(file, value);
      } catch (IOException e) {
        throw new IllegalStateException("could not restore " + file, e);
      }
    });
    before.clear();
  }

  @Override
  public void close() {
    restore();
    Runtime.getRuntime().removeShutdownHook(restoring);
  }
}
