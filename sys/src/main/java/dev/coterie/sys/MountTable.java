package dev.coterie.sys;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The mounts that this process sees, without touching one of them: /proc/self/mountinfo. Source:
 * proc_pid_mountinfo(5).
 */
public final class MountTable {
  static final Path SOURCE = Path.of("/proc/self/mountinfo");

  // id parent major:minor root directory options fields... - type source options
  private static final int DEVICE = 2;
  private static final int DIRECTORY = 4;
  private static final int OPTIONS = 5;

  private MountTable() {}

  /**
   * One mount.
   *
   * @param id as long as it is mounted no other's
   * @param minor of its device number; of a FUSE mount the number of its connection
   * @param options of this mount, comma-separated
   */
  public record Entry(int id, int minor, String options) {
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
    Entry found = null;
    String text = new String(Files.readAllBytes(SOURCE), StandardCharsets.ISO_8859_1);
    for (String line : text.split("\n", -1)) {
      String[] fields = line.split(" ", OPTIONS + 2);
      if (fields.length > OPTIONS && fields[DIRECTORY].equals(wanted)) {
        String device = fields[DEVICE];
        int minor = Integer.parseInt(device.substring(device.indexOf(':') + 1));
        found = new Entry(Integer.parseInt(fields[0]), minor, fields[OPTIONS]);
      }
    }
    return found;
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
}
