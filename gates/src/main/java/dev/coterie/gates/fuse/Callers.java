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
    String status = textOf(thread, "status");
    int start = status.indexOf(GROUPS);
    if (start < 0) {
      return NO_GROUPS;
    }
    int end = status.indexOf('\n', start + 1);
    String line =
        status.substring(start + GROUPS.length(), end < 0 ? status.length() : end).strip();
    return line.isEmpty()
        ? NO_GROUPS
        : Arrays.stream(line.split("\\s+"))
            .limit(Limits.GROUPS)
            .mapToInt(Integer::parseUnsignedInt)
            .toArray();
  }

  /** What /proc says of a thread; empty where it says nothing. */
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
