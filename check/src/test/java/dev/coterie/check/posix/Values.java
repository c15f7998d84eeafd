package dev.coterie.check.posix;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOATIME;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_TMPFILE;
import static dev.coterie.api.OpenFlags.O_TRUNC;

import dev.coterie.api.Mode;
import java.util.Random;

/** Random arguments: mostly such that operations meet, sometimes such that they must be refused. */
final class Values {
  private static final int PAGE = 4096;

  /** Names that are mostly directories', and others: else nothing would be found below. */
  private static final String[] DIRECTORIES = {"a", "b", "c"};

  private static final String[] FILES = {"d", "e", "f", "g", "h", "i"};
  private static final String[] ODD_NAMES = {
    "x y%\n", "\u00e9\u00ff", "...", "n".repeat(255), "n".repeat(256), "-"
  };
  private static final String[] XATTRS = {
    "user.a",
    "user.b",
    "user.a",
    "user.b",
    "user.long" + "n".repeat(246),
    "trusted.a",
    "user.",
    "security.a",
    "other.a",
    "user." + "n".repeat(251),
    "trusted.b",
    "a"
  };
  private static final int[] MODES = {
    0777, 0777, 0777, 0755, 0755, 0700, 0666, 0644, 0600, 0711, 0444, 0000, 0777, 01777, 01777,
    02777, 06755, 04711, 02755, 02745
  };
  private static final int[] IDS = {-1, 0, 1001, 1002, 1003, 2000};
  private static final long[] DEVICES = {0, 4000L << 8 | 1, 1000L << 8 | 7, 255L << 8 | 255};

  private final Random random;
  private final boolean allocates; // FALLOCATED_TWICE

  Values(Random random, boolean allocates) {
    this.random = random;
    this.allocates = allocates;
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  // ---- names ----

  int user() {
    return one(2) ? random.nextInt(Users.COUNT) : 0;
  }

  /** As the name of a directory, or of something else, most of the time. */
  String plainName(boolean directory) {
    String[] names = one(8) != directory ? DIRECTORIES : FILES;
    return names[random.nextInt(names.length)];
  }

  private String name(boolean directory) {
    if (one(100)) {
      return one(4) ? Layout.READ_ONLY : Layout.SMALL;
    }
    int pick = random.nextInt(100);
    if (pick < 2) {
      return Step.encode(ODD_NAMES[random.nextInt(ODD_NAMES.length)]);
    }
    if (pick < 4) {
      return one(2) ? "." : "..";
    }
    return plainName(directory);
  }

  /** A path to a directory, or to something else, most of the time. */
  String path(boolean directory) {
    if (one(300)) {
      return one(3) ? Step.encode("") : "./".repeat(2040 + random.nextInt(10)) + name(directory);
    }
    StringBuilder path = new StringBuilder(start());
    int depth = 1 + (one(2) ? 0 : 1) + (one(4) ? 1 : 0) + (one(20) ? 1 : 0);
    for (int i = 0; i < depth; i++) {
      path.append(i == 0 ? "" : one(50) ? "//" : "/").append(name(directory || i < depth - 1));
    }
    int tail = random.nextInt(60);
    return path.append(tail < 3 ? "/" : tail < 4 ? "/." : tail < 5 ? "/.." : "").toString();
  }

  /** Where a path begins: the working directory, the root, or that of another mount. */
  private String start() {
    if (one(3)) {
      return "";
    }
    return one(8) ? "/" + (one(6) ? Layout.READ_ONLY : Layout.SMALL) + "/" : "/";
  }

  /** A path of plain names, or a root. */
  String directory() {
    if (one(12)) {
      return "/" + (one(6) ? Layout.READ_ONLY : Layout.SMALL);
    }
    String start = one(3) ? "." : "/";
    return switch (random.nextInt(5)) {
      case 0 -> start;
      case 1 -> start.equals("/") ? "/" + plainName(true) + "/" + plainName(true) : "..";
      default -> (start.equals("/") ? "/" : "") + plainName(true);
    };
  }

  String target() {
    int pick = random.nextInt(40);
    return switch (pick) {
      case 0 -> Step.encode("");
      case 1 -> "x".repeat(4095);
      case 2 -> "x".repeat(4096);
      case 3 -> "x".repeat(100 + random.nextInt(60));
      case 4 -> "/";
      case 5 -> Step.encode("x y\u00ff");
      case 6, 7 -> "../" + plainName(one(2));
      case 8 -> plainName(true) + "/";
      case 9, 10, 11 -> "./" + plainName(one(2));
      default -> path(one(2));
    };
  }

  String xattr() {
    return Step.encode(XATTRS[random.nextInt(XATTRS.length)]);
  }

  /** One that may be set to any bytes, or one that means something to the kernel. */
  String anyXattr() {
    return one(3) ? KnownXattrs.NAMES[random.nextInt(KnownXattrs.NAMES.length)] : xattr();
  }

  // ---- numbers ----

  String mode() {
    int mode = one(6) ? random.nextInt(010000) : MODES[random.nextInt(MODES.length)];
    return Integer.toOctalString(mode);
  }

  String umask() {
    int[] masks = {0, 022, 077, 027, 0777, 0111};
    return Integer.toOctalString(masks[random.nextInt(masks.length)]);
  }

  String nodeMode() {
    int[] types = {
      Mode.S_IFIFO,
      Mode.S_IFSOCK,
      Mode.S_IFREG,
      0,
      Mode.S_IFCHR,
      Mode.S_IFBLK,
      Mode.S_IFIFO,
      Mode.S_IFREG,
      Mode.S_IFDIR,
      Mode.S_IFLNK
    };
    int type = types[random.nextInt(types.length)];
    return Integer.toOctalString(type | Integer.parseInt(mode(), 8));
  }

  long device() {
    return DEVICES[random.nextInt(DEVICES.length)];
  }

  int id() {
    return IDS[random.nextInt(IDS.length)];
  }

  String openFlags() {
    int flags = one(40) ? 3 : one(2) ? 2 : random.nextInt(3);
    flags |= random.nextInt(10) < 6 ? O_CREAT : 0;
    flags |= one(12) ? O_EXCL : 0;
    flags |= one(7) ? O_TRUNC : 0;
    flags |= one(6) ? O_APPEND : 0;
    flags |= one(25) ? O_DIRECTORY : 0;
    flags |= one(10) ? O_NOFOLLOW : 0;
    flags |= one(20) ? O_NOATIME : 0;
    flags |= one(30) ? O_NONBLOCK : 0;
    if (one(15)) {
      flags = (flags & ~(O_CREAT | O_TRUNC)) | O_TMPFILE | (one(4) ? O_EXCL : 0);
    }
    return Integer.toOctalString(flags);
  }

  String settableFlags() {
    int flags = (one(2) ? O_APPEND : 0) | (one(4) ? O_NONBLOCK : 0) | (one(5) ? O_NOATIME : 0);
    return Integer.toOctalString(flags);
  }

  int renameFlags() {
    return switch (random.nextInt(20)) {
      case 0, 1, 2 -> 1;
      case 3, 4, 5, 6 -> 2;
      case 7 -> one(3) ? 3 : one(2) ? 8 : 0;
      default -> 0;
    };
  }

  /** ZERO_RANGE (16) is not among them. */
  int fallocateMode() {
    return switch (random.nextInt(12)) {
      case 0 -> one(2) ? 2 : one(2) ? 4 : 5;
      case 1 -> one(4) ? 8 : one(4) ? 32 : one(4) ? 64 : one(4) ? 65 : 3;
      case 2, 3, 4 -> allocates ? 1 : 3;
      case 5, 6, 7, 8 -> 3;
      default -> allocates ? 0 : 3;
    };
  }

  int count() {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1, 2 -> random.nextInt(100);
      case 3 -> PAGE + random.nextInt(3) - 1;
      case 4 -> one(10) ? 300_000 + random.nextInt(700_000) : random.nextInt(70_000);
      default -> random.nextInt(4 * PAGE);
    };
  }

  long length() {
    return switch (random.nextInt(12)) {
      case 0 -> 0;
      case 1 -> -5;
      case 2 -> one(3) ? Long.MAX_VALUE : 1L << 40;
      case 3, 4 -> PAGE * (1L + random.nextInt(8));
      default -> 1 + random.nextInt(8 * PAGE);
    };
  }

  long offset() {
    return switch (random.nextInt(16)) {
      case 0, 1, 2 -> 0;
      case 3 -> PAGE * (long) random.nextInt(10) + random.nextInt(3) - 1;
      case 4 -> one(3) ? -1 - random.nextInt(3) : random.nextInt(100);
      case 5 -> far();
      case 6, 7 -> PAGE * (long) random.nextInt(10);
      default -> random.nextInt(10 * PAGE);
    };
  }

  private long far() {
    return switch (random.nextInt(8)) {
      case 0 -> Long.MAX_VALUE - random.nextInt(3) * 2000L;
      case 1 -> 1L << (32 + random.nextInt(30));
      case 2 -> (1L << 62) + random.nextInt(PAGE);
      default -> (1L << 20) * (1 + random.nextInt(1 << 14)) + random.nextInt(PAGE);
    };
  }

  /** SEEK_SET and so on. */
  int whence() {
    return random.nextInt(allocates ? 3 : 5);
  }

  /** For a seek from the present offset. */
  long step() {
    return one(12) ? (one(2) ? Long.MAX_VALUE : Long.MIN_VALUE) : random.nextInt(20_000) - 10_000;
  }

  int xattrBytes() {
    return one(30) ? 65_530 + random.nextInt(8) : random.nextInt(one(4) ? 3000 : 40);
  }

  String time() {
    return switch (random.nextInt(5)) {
      case 0, 1 -> "now";
      case 2 -> "omit";
      default ->
          (random.nextInt(1_000_000_000) - (one(3) ? 1_000_000_000L : 0))
              + "."
              + random.nextInt(1_000_000_000);
    };
  }
}
