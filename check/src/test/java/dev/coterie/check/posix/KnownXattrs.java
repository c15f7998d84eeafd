package dev.coterie.check.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Extended attributes whose value means something to the kernel: access control lists and the
 * capabilities of programs. Mostly right ones.
 */
final class KnownXattrs {
  static final String CAPABILITY = "security.capability";

  /** Those and two lists, as words of a step. */
  static final String[] NAMES = {
    "system.posix_acl_access", "system.posix_acl_default", "system.posix_acl_access", CAPABILITY
  };

  private static final int[] USERS = {0, 1001, 1002, 1003};
  private static final int[] GROUPS = {1001, 1002, 2000};
  private static final int[] RIGHTS = {7, 7, 7, 7, 6, 5, 4, 3, 2, 1, 0};

  private final Random random;

  KnownXattrs(Random random) {
    this.random = random;
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  /** Of one of the two lists. */
  String name() {
    return NAMES[random.nextInt(2)];
  }

  /** A list (linux/posix_acl_xattr.h): {@code version[4]}, then {@code tag[2] perm[2] id[4]}. */
  String value() {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 8 * (5 + USERS.length + GROUPS.length));
    bytes.order(ByteOrder.LITTLE_ENDIAN).putInt(one(60) ? 1 : 2);
    put(bytes, 0x01, -1);
    int named = putSome(bytes, 0x02, USERS);
    if (!one(60)) {
      put(bytes, 0x04, -1);
    }
    named += putSome(bytes, 0x08, GROUPS);
    if (named > 0 ? !one(30) : one(4)) {
      put(bytes, 0x10, -1);
    }
    put(bytes, 0x20, one(60) ? 7 : -1);
    if (one(60)) {
      put(bytes, 0x20, -1);
    }
    int count = one(60) ? random.nextInt(bytes.position()) : bytes.position();
    return word(bytes, count);
  }

  private int putSome(ByteBuffer bytes, int tag, int[] ids) {
    int count = 0;
    for (int id : ids) {
      if (one(3)) {
        put(bytes, tag, one(80) ? -1 : id);
        count++;
      }
    }
    return count;
  }

  private void put(ByteBuffer bytes, int tag, int id) {
    int rights = one(150) ? 8 : RIGHTS[random.nextInt(RIGHTS.length)];
    bytes.putShort((short) tag).putShort((short) rights).putInt(id);
  }

  /** Of the second version, effective or not (linux/capability.h). */
  String capability() {
    ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(one(10) ? 0x01000000 : 0x02000000 | random.nextInt(2)).putInt(1 << 13);
    return word(bytes, one(10) ? 1 + random.nextInt(23) : 20);
  }

  private static String word(ByteBuffer bytes, int count) {
    byte[] value = new byte[count];
    bytes.get(0, value);
    return Step.encode(value);
  }
}
