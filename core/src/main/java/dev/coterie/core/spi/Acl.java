package dev.coterie.core.spi;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A POSIX access control list (acl(5)). Immutable, so that inodes share one.
 *
 * <pre>
 *  as an attribute      version 2 [4]   entries, ascending by tag: tag[2] permissions[2] id[4], all little endian
 *  tag                  1 USER_OBJ   the owner                   id -1
 *                       2 USER       a user                      its uid
 *                       4 GROUP_OBJ  the owning group            id -1
 *                       8 GROUP      a group                     its gid
 *                      16 MASK       the most that 2, 4, 8 give  id -1; there if 2 or 8 is
 *                      32 OTHER      everybody else              id -1
 * </pre>
 *
 * A list without 2, 8 and 16 says no more than a mode does, and none is kept then. With a mask,
 * that is what the group's bits of the mode show. Source: linux/posix_acl_xattr.h, fs/posix_acl.c.
 */
public final class Acl {
  private static final int VERSION = 2;
  private static final int HEADER_BYTES = Integer.BYTES;
  private static final int USER_OBJ = 0x01;
  private static final int USER = 0x02;
  private static final int GROUP_OBJ = 0x04;
  private static final int GROUP = 0x08;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;
  private static final int ALL = 7;

  /** An object, and the array in it. */
  private static final int OBJECT_BYTES = 40;

  /** No uid and no gid. */
  private static final int NOBODY = -1;

  /** Each entry as the attribute has it: tag in the lowest 16 bits, permissions, id. Immutable. */
  private final long[] entries;

  private Acl(long[] entries) {
    this.entries = entries;
  }

  private static int tag(long entry) {
    return (int) entry & 0xffff;
  }

  private static int permissions(long entry) {
    return (int) (entry >>> 16) & 0xffff;
  }

  private static int id(long entry) {
    return (int) (entry >>> 32);
  }

  private static long limited(long entry, int permissions) {
    return entry & (~0xffff_0000L | (long) permissions << 16);
  }

  private static long withPermissions(long entry, int permissions) {
    return (entry & ~0xffff_0000L) | (long) permissions << 16;
  }

  // ---- as an attribute ----

  /**
   * Reads the value of an attribute. What is said need not be {@link #requireValid valid}.
   *
   * @return null: no list
   * @throws ErrnoException EINVAL no list of entries · EOPNOTSUPP of another version
   */
  public static @Nullable Acl of(byte[] value) throws ErrnoException {
    if (value.length == 0) {
      return null;
    }
    if (value.length < HEADER_BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.getInt() != VERSION) {
      throw new ErrnoException(Errno.EOPNOTSUPP);
    }
    if (bytes.remaining() % Long.BYTES != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long[] entries = new long[bytes.remaining() / Long.BYTES];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = readable(bytes.getLong());
    }
    return entries.length == 0 ? null : new Acl(entries);
  }

  /** An entry of a known kind, with the id that is given back for it. */
  private static long readable(long entry) throws ErrnoException {
    switch (tag(entry)) {
      case USER_OBJ, GROUP_OBJ, MASK, OTHER -> {
        return entry | 0xffff_ffff_0000_0000L;
      }
      case USER, GROUP -> {
        if (id(entry) != NOBODY) {
          return entry;
        }
      }
      default -> {}
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  public byte[] toBytes() {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER_BYTES + entries.length * Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(VERSION);
    for (long entry : entries) {
      bytes.putLong(entry);
    }
    return bytes.array();
  }

  /**
   * Whether each entry is one, the order is kept and none is missing: EINVAL; E2BIG more than
   * {@link Limits#ACL_ENTRIES}.
   */
  public void requireValid() throws ErrnoException {
    int expected = USER_OBJ;
    boolean needsMask = false;
    for (long entry : entries) {
      int tag = tag(entry);
      needsMask |= tag == USER || tag == GROUP;
      if ((permissions(entry) & ~ALL) != 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
      expected = follower(expected, tag, needsMask);
    }
    if (expected != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (entries.length > Limits.ACL_ENTRIES) {
      throw new ErrnoException(Errno.E2BIG);
    }
  }

  /** What may come after {@code tag}, where {@code expected} may come; 0: nothing. */
  private static int follower(int expected, int tag, boolean needsMask) throws ErrnoException {
    switch (expected) {
      case USER_OBJ -> {
        if (tag == USER_OBJ) {
          return USER;
        }
      }
      case USER -> {
        if (tag == USER) {
          return USER;
        }
        if (tag == GROUP_OBJ) {
          return GROUP;
        }
      }
      case GROUP -> {
        if (tag == GROUP) {
          return GROUP;
        }
        if (tag == MASK) {
          return OTHER;
        }
        if (tag == OTHER && !needsMask) {
          return 0;
        }
      }
      case OTHER -> {
        if (tag == OTHER) {
          return 0;
        }
      }
      default -> {}
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  /** What it takes of the heap. */
  public long bytes() {
    return OBJECT_BYTES + (long) entries.length * Long.BYTES;
  }

  // ---- and the mode ----

  /** Whether a mode says the same. */
  public boolean isMode() {
    return entries.length == 3; // valid: owner, group, others
  }

  /** What the mode shows of it: 9 bits. */
  public int permissions() {
    int mode = 0;
    for (long entry : entries) {
      switch (tag(entry)) {
        case USER_OBJ -> mode |= permissions(entry) << 6;
        case GROUP_OBJ -> mode |= permissions(entry) << 3;
        case MASK -> mode = (mode & ~070) | permissions(entry) << 3;
        case OTHER -> mode |= permissions(entry);
        default -> {}
      }
    }
    return mode;
  }

  /** The list after chmod(2): owner, others, and the mask or else the group get the mode's. */
  public Acl withMode(int mode) {
    return changed(mode, false);
  }

  /**
   * What a file gets of its directory's default list: no more than the mode it is made with, in
   * which the umask has no part.
   */
  public Acl forNew(int mode) {
    return changed(mode, true);
  }

  private Acl changed(int mode, boolean limits) {
    int groupTag = isMode() ? GROUP_OBJ : MASK;
    long[] result = entries.clone();
    for (int i = 0; i < result.length; i++) {
      int tag = tag(result[i]);
      int shift = tag == USER_OBJ ? 6 : tag == groupTag ? 3 : tag == OTHER ? 0 : -1;
      if (shift >= 0) {
        int wanted = (mode >>> shift) & ALL;
        result[i] = limits ? limited(result[i], wanted) : withPermissions(result[i], wanted);
      }
    }
    return new Acl(result);
  }

  // ---- access ----

  /**
   * Whether it gives somebody who is not the owner these rights: by the entry of the user, else by
   * one of a group of his that has them all, both within the mask; if he is in none of the groups,
   * as others. Source: acl(5), "Access check algorithm".
   *
   * @param owningGroup of the file
   */
  public boolean grants(Caller caller, int owningGroup, int rights) {
    boolean inGroup = false;
    for (long entry : entries) {
      switch (tag(entry)) {
        case USER -> {
          if (id(entry) == caller.uid()) {
            return (permissions(entry) & mask() & rights) == rights;
          }
        }
        case GROUP_OBJ, GROUP -> {
          int group = tag(entry) == GROUP ? id(entry) : owningGroup;
          if (caller.inGroup(group)) {
            inGroup = true;
            if ((permissions(entry) & rights) == rights) {
              return (mask() & rights) == rights;
            }
          }
        }
        case OTHER -> {
          return !inGroup && (permissions(entry) & rights) == rights;
        }
        default -> {}
      }
    }
    throw new AssertionError("no entry for others");
  }

  /** The mask's permissions; all without one. */
  private int mask() {
    long entry = entries[entries.length - 2]; // before that of others, where there is one
    return tag(entry) == MASK ? permissions(entry) : ALL;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Acl that && Arrays.equals(entries, that.entries);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(entries);
  }

  /** As getfacl(1) has it, in one line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (long entry : entries) {
      String kind =
          switch (tag(entry)) {
            case USER_OBJ, USER -> "user:";
            case GROUP_OBJ, GROUP -> "group:";
            case MASK -> "mask:";
            default -> "other:";
          };
      String who =
          tag(entry) == USER || tag(entry) == GROUP ? Integer.toUnsignedString(id(entry)) : "";
      int p = permissions(entry);
      text.append(text.isEmpty() ? "" : " ")
          .append(kind)
          .append(who)
          .append(':')
          .append((p & 4) != 0 ? 'r' : '-')
          .append((p & 2) != 0 ? 'w' : '-')
          .append((p & 1) != 0 ? 'x' : '-');
    }
    return text.toString();
  }
}
