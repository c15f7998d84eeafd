package dev.coterie.check.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Rules of this machine's kernel beyond POSIX (proc(5)), out of the way until closed. They are
 * those of all tests that run at the same time, so they come back when the last of them is over.
 */
public final class Protections implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("protected_hardlinks", "protected_symlinks", "protected_fifos", "protected_regular");

  private final Path settings;
  private final Path gate; // locked by whoever comes or goes
  private final FileChannel users; // holds what was before; each user has a shared lock of it
  private final FileLock used;
  private final Thread restoring = new Thread(this::restore);
  private boolean over; // guarded by this

  private Protections(Path settings, Path gate, FileChannel users, FileLock used) {
    this.settings = settings;
    this.gate = gate;
    this.users = users;
    this.used = used;
  }

  /** Skips or fails the test where they cannot be changed. */
  public static Protections off() throws IOException {
    return off(Path.of("/proc/sys/fs"), Path.of(System.getProperty("java.io.tmpdir")));
  }

  /**
   * Takes them out of the way.
   *
   * @param settings the folder with a file for each
   * @param folder for the files by which processes agree
   */
  static Protections off(Path settings, Path folder) throws IOException {
    for (String name : NAMES) {
      Path file = settings.resolve(name);
      HostTools.require(
          Files.notExists(file) || Files.isWritable(file), file + " cannot be written");
    }
    Path gate = folder.resolve("coterie-check-protections.lock");
    try (FileChannel entry = FileChannel.open(gate, CREATE, WRITE);
        FileLock _ = entry.lock()) {
      Path state = folder.resolve("coterie-check-protections");
      FileChannel users = FileChannel.open(state, CREATE, READ, WRITE);
      try (FileLock alone = users.tryLock()) {
        if (alone != null && users.size() == 0) { // else one that was killed has left it
          users.write(ByteBuffer.wrap(present(settings).getBytes(US_ASCII)));
        }
      }
      Protections made =
          new Protections(settings, gate, users, users.lock(0, Long.MAX_VALUE, true));
      Runtime.getRuntime().addShutdownHook(made.restoring);
      for (String name : NAMES) {
        if (Files.exists(settings.resolve(name))) {
          Files.writeString(settings.resolve(name), "0");
        }
      }
      return made;
    }
  }

  /** A line for each. */
  private static String present(Path settings) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String name : NAMES) {
      if (Files.exists(settings.resolve(name))) {
        String value = HostTools.setting(settings.resolve(name));
        lines.append(name).append(' ').append(value).append('\n');
      }
    }
    return lines.toString();
  }

  private synchronized void restore() {
    if (over) {
      return;
    }
    over = true;
    try (FileChannel entry = FileChannel.open(gate, CREATE, WRITE);
        FileLock _ = entry.lock();
        users) {
      used.release();
      try (FileLock alone = users.tryLock()) {
        if (alone != null) {
          putBack();
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("could not restore " + settings, e);
    }
  }

  private void putBack() throws IOException {
    ByteBuffer lines = ByteBuffer.allocate((int) users.size());
    users.read(lines, 0);
    for (String line : new String(lines.array(), US_ASCII).lines().toList()) {
      String[] words = line.split(" ");
      Files.writeString(settings.resolve(words[0]), words[1]);
    }
    users.truncate(0);
  }

  @Override
  public void close() {
    restore();
    Runtime.getRuntime().removeShutdownHook(restoring);
  }
}
