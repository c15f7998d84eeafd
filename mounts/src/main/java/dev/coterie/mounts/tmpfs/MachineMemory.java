package dev.coterie.mounts.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory there is: the machine's, or that of the container or service (cgroup) this
 * process runs in, when it has less.
 *
 * <p>Read from the system's files, as the JVM's own bean for it costs a third of a second at start.
 */
final class MachineMemory {
  private static final Path PROC = Path.of("/proc");
  private static final Path CGROUP = Path.of("/sys/fs/cgroup");

  private MachineMemory() {}

  static long bytes() {
    return bytes(PROC, CGROUP);
  }

  /** As {@link #bytes()}, with files below other folders. */
  static long bytes(Path proc, Path cgroup) {
    long bytes = Long.MAX_VALUE;
    for (String line : lines(proc.resolve("meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        bytes = number(line.replaceAll("\\D", "")) << 10; // in KiB
      }
    }
    for (String line : lines(proc.resolve("self/cgroup"))) {
      String[] fields = line.split(":", 3); // hierarchy, controllers, path
      if (fields.length == 3 && fields[0].equals("0")) {
        bytes = Math.min(bytes, limit(cgroup, fields[2], "memory.max"));
      } else if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
        Path v1 = cgroup.resolve("memory");
        bytes = Math.min(bytes, limit(v1, fields[2], "memory.limit_in_bytes"));
      }
    }
    // Another system: by default a heap is a quarter of the memory.
    return bytes < Long.MAX_VALUE ? bytes : Runtime.getRuntime().maxMemory() * 4;
  }

  /** The lowest limit of a group and those it lies in. */
  private static long limit(Path top, String group, String file) {
    long bytes = Long.MAX_VALUE;
    Path path = Path.of("/").relativize(Path.of("/").resolve(group)).normalize();
    for (Path dir = path; dir != null; dir = dir.getParent()) {
      bytes = Math.min(bytes, limit(top.resolve(dir).resolve(file)));
    }
    return Math.min(bytes, limit(top.resolve(file)));
  }

  /** Inside a container the group's path is the host's, so a file need not be there. */
  private static long limit(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? Long.MAX_VALUE : number(lines.getFirst());
  }

  /** A number of bytes; "max" and what is no number are no limit. */
  private static long number(String text) {
    try {
      long number = Long.parseLong(text.strip());
      return number > 0 ? number : Long.MAX_VALUE;
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // not this kind of system
    }
  }
}
