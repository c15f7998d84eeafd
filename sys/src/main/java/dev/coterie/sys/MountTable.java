package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of the mount namespace of the thread that opens this, without touching one of them:
 * mountinfo. Source: proc_pid_mountinfo(5).
 */
public final class MountTable implements AutoCloseable {
  // /proc/self is of the process's first thread, which may be in another namespace.
  private static final String SOURCE = "/proc/thread-self/mountinfo";

  // id parent major:minor root directory options fields... - type source options
  private static final int DEVICE = 2;
  private static final int DIRECTORY = 4;
  private static final int OPTIONS = 5;

  private static final int O_CLOEXEC = 02000000;
  private static final int READ_BYTES = 1 << 16;

  /** struct pollfd: fd[4] events[2] revents[2]. */
  private static final int POLLFD_BYTES = 8;

  private static final short POLLPRI = 2;

  private final int fd;

  private MountTable(int fd) {
    this.fd = fd;
  }

  /** Opens the table of this thread's namespace. */
  public static MountTable open() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return new MountTable(MountCalls.open(arena.allocateFrom(SOURCE), O_CLOEXEC, 0));
    }
  }

  /**
   * One mount.
   *
   * @param id as long as it is mounted no other's
   * @param minor of its device number; of a FUSE mount the number of its connection
   * @param directory on which it is
   * @param options of this mount, comma-separated
   */
  public record Entry(int id, int minor, String directory, String options) {
    public boolean has(String option) {
      return ("," + options + ",").contains("," + option + ",");
    }

    /** Ends what a FUSE mount waits for, where this user may and the kernel offers to. */
    void abort() throws IOException {
      Path file = Path.of("/sys/fs/fuse/connections/" + minor + "/abort");
      if (Files.isWritable(file)) {
        try (OutputStream out = Files.newOutputStream(file)) {
          out.write('1');
        }
      }
    }
  }

  /** The mount on a directory, the last one if there are several; null if there is none. */
  public static @Nullable Entry find(Path directory) throws IOException {
    // The directory itself may be a mount that does not answer.
    Path parent = directory.toAbsolutePath().normalize().getParent();
    Path name = directory.getFileName();
    Path real = parent == null || name == null ? directory : parent.toRealPath().resolve(name);
    String wanted = escaped(real);
    try (MountTable table = open()) {
      Entry found = null;
      for (Entry entry : table.entries()) {
        found = entry.directory().equals(wanted) ? entry : found;
      }
      return found;
    }
  }

  /** A mount as it is now, or null when it has ended. */
  public @Nullable Entry find(int id) throws ErrnoException {
    for (Entry entry : entries()) {
      if (entry.id() == id) {
        return entry;
      }
    }
    return null;
  }

  /** All of them, from the first. */
  private synchronized List<Entry> entries() throws ErrnoException {
    StringBuilder text = new StringBuilder();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(READ_BYTES);
      MountCalls.lseek(fd, 0, 0);
      for (long count = READ_BYTES; count > 0; ) {
        count = MountCalls.read(fd, buffer, READ_BYTES);
        byte[] bytes = buffer.asSlice(0, count).toArray(JAVA_BYTE);
        text.append(new String(bytes, StandardCharsets.ISO_8859_1));
      }
    }
    List<Entry> entries = new ArrayList<>();
    for (String line : text.toString().split("\n", -1)) {
      String[] fields = line.split(" ", OPTIONS + 2);
      if (fields.length > OPTIONS) {
        String device = fields[DEVICE];
        int minor = Integer.parseInt(device.substring(device.indexOf(':') + 1));
        int id = Integer.parseInt(fields[0]);
        entries.add(new Entry(id, minor, fields[DIRECTORY], fields[OPTIONS]));
      }
    }
    return entries;
  }

  /** Waits until a mount has come, gone or changed since this was last asked. */
  public void awaitChange() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment poll = arena.allocate(POLLFD_BYTES, Integer.BYTES);
      poll.set(JAVA_INT, 0, fd);
      poll.set(JAVA_SHORT, Integer.BYTES, POLLPRI);
      MountCalls.poll(poll, 1, -1);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EINTR) {
        throw e;
      }
    }
  }

  /** "Unusual characters" are octal; every byte of other names is one character here. */
  private static String escaped(Path directory) {
    byte[] bytes = directory.toString().getBytes(StandardCharsets.UTF_8);
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }

  @Override
  public void close() throws ErrnoException {
    Libc.close(fd);
  }
}
