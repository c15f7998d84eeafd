package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * In whose name a request is made.
 *
 * <p>A request says uid and gid but no supplementary groups. The thread that asks waits in the
 * kernel meanwhile, so what {@code /proc} says of it is what it has. Root needs none: its rights do
 * not depend on groups.
 */
final class Callers {
  private static final int[] NO_GROUPS = new int[0];
  private static final String GROUPS = "\nGroups:";
  private static final String PENDING = "\nSigPnd:";
  private static final long SIGKILL = 1L << (9 - 1);

  /** Numbers of chown, fchown, lchown and fchownat, as far as there are such. */
  private static final Set<String> CHOWN_CALLS =
      switch (System.getProperty("os.arch", "")) {
        case "amd64" -> Set.of("92", "93", "94", "260");
        case "aarch64" -> Set.of("54", "55");
        default -> Set.of();
      };

  private Callers() {}

  /** For what needs no right, or none but those of an open file: without groups. */
  static Caller plain(Exchange exchange) {
    return new Caller(exchange.uid(), exchange.gid(), NO_GROUPS, exchange.pid(), 0);
  }

  /** For what rights decide. */
  static Caller withGroups(Exchange exchange) {
    return making(exchange, 0);
  }

  /** For what makes something: with the umask that came along. */
  static Caller making(Exchange exchange, int umask) {
    int[] groups = exchange.uid() == 0 ? NO_GROUPS : groupsOf(exchange.pid());
    return new Caller(exchange.uid(), exchange.gid(), groups, exchange.pid(), umask);
  }

  /**
   * Whether the one who asks is in a call of the family of chown(2). The kernel asks for the same
   * thing, a change of nothing, when it wants set-id bits cleared before fallocate(2).
   */
  static boolean changesOwner(Exchange exchange) {
    String call = textOf(exchange.pid(), "syscall");
    return CHOWN_CALLS.contains(call.substring(0, Math.max(0, call.indexOf(' '))));
  }

  /** None for a thread that is not of this pid name space, or that has been killed meanwhile. */
  private static int[] groupsOf(int thread) {
    String line = statusOf(thread, GROUPS);
    return line.isEmpty()
        ? NO_GROUPS
        : Arrays.stream(line.split("\\s+"))
            .limit(Limits.GROUPS)
            .mapToInt(Integer::parseUnsignedInt)
            .toArray();
  }

  /**
   * Whether a signal is about to end the process of a thread. Whichever signal that was, the kernel
   * then has SIGKILL pending for every thread of it. A thread of another pid name space is taken to
   * live.
   */
  static boolean isBeingKilled(int thread) {
    String pending = statusOf(thread, PENDING);
    return !pending.isEmpty() && (Long.parseUnsignedLong(pending, 16) & SIGKILL) != 0;
  }

  /** A line of {@code /proc/PID/status}; empty where there is no such thread. */
  private static String statusOf(int thread, String label) {
    String status = textOf(thread, "status");
    int start = status.indexOf(label);
    if (start < 0) {
      return "";
    }
    int end = status.indexOf('\n', start + 1);
    return status.substring(start + label.length(), end < 0 ? status.length() : end).strip();
  }

  /** A file of {@code /proc/PID}; empty where there is no such thread. */
  private static String textOf(int thread, String file) {
    if (thread == 0) {
      return "";
    }
    try {
      byte[] bytes = Files.readAllBytes(Path.of("/proc/" + thread + "/" + file));
      return new String(bytes, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}
