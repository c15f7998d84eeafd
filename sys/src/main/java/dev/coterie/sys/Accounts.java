package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.coterie.api.Limits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The host's users and their groups, by the name service switch (getpwuid(3), getgrouplist(3)). */
public final class Accounts {
  /**
   * struct passwd on 64-bit Linux:
   *
   * <pre>
   * name*[8] passwd*[8] uid[4] gid[4] gecos*[8] dir*[8] shell*[8]
   * </pre>
   */
  private static final int PASSWD_BYTES = 48;

  private static final int PASSWD_NAME = 0;
  private static final int PASSWD_UID = 16;
  private static final int PASSWD_GID = 20;
  private static final int BUFFER_BYTES = 65_536;

  private Accounts() {}

  /**
   * A user of the host.
   *
   * @param uid number
   * @param gid primary group
   * @param groups all groups, the primary one too
   */
  public record Account(int uid, int gid, int[] groups) {}

  /** Number of the user this process acts as. */
  public static int effectiveUid() {
    return Libc.geteuid();
  }

  /** The user of a number, or null if the host knows none. */
  public static @Nullable Account byUid(int uid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment passwd = arena.allocate(PASSWD_BYTES, Long.BYTES);
      MemorySegment result = arena.allocate(ADDRESS);
      int error = Libc.getpwuid(uid, passwd, arena.allocate(BUFFER_BYTES), result);
      return account(arena, error, passwd, result);
    }
  }

  /** The user of a name, or null if the host knows none. */
  public static @Nullable Account byName(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment passwd = arena.allocate(PASSWD_BYTES, Long.BYTES);
      MemorySegment result = arena.allocate(ADDRESS);
      MemorySegment text = arena.allocateFrom(name);
      int error = Libc.getpwnam(text, passwd, arena.allocate(BUFFER_BYTES), result);
      return account(arena, error, passwd, result);
    }
  }

  private static @Nullable Account account(
      Arena arena, int error, MemorySegment passwd, MemorySegment result) {
    if (error != 0 || result.get(ADDRESS, 0).equals(MemorySegment.NULL)) {
      return null;
    }
    int gid = passwd.get(JAVA_INT, PASSWD_GID);
    MemorySegment groups = arena.allocate(JAVA_INT, Limits.GROUPS);
    MemorySegment count = arena.allocateFrom(JAVA_INT, Limits.GROUPS);
    // -1: more groups than there is room for; then those that fit are given.
    Libc.getgrouplist(passwd.get(ADDRESS, PASSWD_NAME), gid, groups, count);
    int known = Math.min(count.get(JAVA_INT, 0), Limits.GROUPS);
    return new Account(
        passwd.get(JAVA_INT, PASSWD_UID), gid, Arrays.copyOf(groups.toArray(JAVA_INT), known));
  }
}
