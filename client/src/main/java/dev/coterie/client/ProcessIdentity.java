package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Whom this process runs as: its effective ids, groups and umask, read once.
 *
 * <p>Not by {@code java.nio.file}, which gives names for numbers; and not by native calls, which
 * cost a command line more than the whole operation.
 */
public final class ProcessIdentity {
  private ProcessIdentity() {}

  private static final String SOURCE = "/proc/self/status";
  private static final int SIZE_BYTES_MAX = 1 << 16;
  private static final int EFFECTIVE = 1; // "Uid: real, effective, saved set, and filesystem"

  /**
   * This process as a caller. The umask is the one it had when this was first asked.
   *
   * @throws UncheckedIOException there is no {@code /proc}
   */
  public static Caller self() {
    return Holder.SELF;
  }

  private static final class Holder {
    static final Caller SELF = read();

    private static Caller read() {
      try (FileInputStream in = new FileInputStream(SOURCE)) {
        return parse(new String(in.readNBytes(SIZE_BYTES_MAX), StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The caller that the text of {@code /proc/PID/status} tells of. Source: proc_pid_status(5). */
  static Caller parse(String status) {
    int[] groups = numbers(status, "Groups:", 10);
    if (groups.length > Limits.GROUPS) {
      groups = Arrays.copyOf(groups, Limits.GROUPS);
    }
    return new Caller(
        numbers(status, "Uid:", 10)[EFFECTIVE],
        numbers(status, "Gid:", 10)[EFFECTIVE],
        groups,
        numbers(status, "Pid:", 10)[0],
        numbers(status, "Umask:", 8)[0]);
  }

  /** The numbers of one line, unsigned, separated by blanks. */
  private static int[] numbers(String status, String key, int radix) {
    int[] found = new int[8];
    int count = 0;
    int at = lineAfter(status, key);
    while (at < status.length() && status.charAt(at) != '\n') {
      int start = at;
      while (at < status.length() && Character.digit(status.charAt(at), radix) >= 0) {
        at++;
      }
      if (at == start) {
        at++;
        continue;
      }
      if (count == found.length) {
        found = Arrays.copyOf(found, 2 * count);
      }
      found[count++] = Integer.parseUnsignedInt(status, start, at, radix);
    }
    return Arrays.copyOf(found, count);
  }

  private static int lineAfter(String status, String key) {
    int at = 0;
    while (!status.startsWith(key, at)) {
      at = status.indexOf('\n', at) + 1;
      if (at == 0) {
        throw new IllegalStateException(SOURCE + " has no " + key);
      }
    }
    return at + key.length();
  }
}
