package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

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

  /** None for a thread that is not of this pid name space, or that has been killed meanwhile. */
  private static int[] groupsOf(int thread) {
    if (thread == 0) {
      return NO_GROUPS;
    }
    String status;
    try {
      byte[] bytes = Files.readAllBytes(Path.of("/proc/" + thread + "/status"));
      status = new String(bytes, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return NO_GROUPS;
    }
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
}
