package dev.coterie.gates.fuse.kernel;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the kernel can ask for. The second number is the minor version that brought it. */
public enum Opcode {
  LOOKUP(1, 0),
  /** Has no reply. */
  FORGET(2, 0),
  GETATTR(3, 0),
  SETATTR(4, 0),
  READLINK(5, 0),
  SYMLINK(6, 0),
  MKNOD(8, 0),
  MKDIR(9, 0),
  UNLINK(10, 0),
  RMDIR(11, 0),
  RENAME(12, 0),
  LINK(13, 0),
  OPEN(14, 0),
  READ(15, 0),
  WRITE(16, 0),
  STATFS(17, 0),
  RELEASE(18, 0),
  FSYNC(20, 0),
  SETXATTR(21, 0),
  GETXATTR(22, 0),
  LISTXATTR(23, 0),
  REMOVEXATTR(24, 0),
  FLUSH(25, 0),
  INIT(26, 0),
  OPENDIR(27, 0),
  READDIR(28, 0),
  RELEASEDIR(29, 0),
  FSYNCDIR(30, 0),
  GETLK(31, 0),
  SETLK(32, 0),
  SETLKW(33, 0),
  ACCESS(34, 0),
  CREATE(35, 0),
  /** Has no reply, but for "not known yet". */
  INTERRUPT(36, 0),
  BMAP(37, 0),
  DESTROY(38, 0),
  IOCTL(39, 11),
  POLL(40, 11),
  NOTIFY_REPLY(41, 15),
  /** Has no reply. */
  BATCH_FORGET(42, 16),
  FALLOCATE(43, 19),
  READDIRPLUS(44, 21),
  RENAME2(45, 23),
  LSEEK(46, 24),
  COPY_FILE_RANGE(47, 28),
  SETUPMAPPING(48, 31),
  REMOVEMAPPING(49, 31),
  SYNCFS(50, 34),
  TMPFILE(51, 37),
  STATX(52, 39);

  /** Numbers are below this. */
  static final int MOST = 64;

  private static final @Nullable Opcode[] BY_NUMBER = new Opcode[MOST];

  static {
    for (Opcode opcode : values()) {
      BY_NUMBER[opcode.number] = opcode;
    }
  }

  private final int number;
  private final int since;

  Opcode(int number, int since) {
    this.number = number;
    this.since = since;
  }

  /** The opcode of this number, or null when it is newer than this program. */
  public static @Nullable Opcode of(int number) {
    return number < 0 || number >= MOST ? null : BY_NUMBER[number];
  }

  public int number() {
    return number;
  }

  /** The minor version of the protocol that brought it. */
  public int since() {
    return since;
  }

  /** In the spelling of the system call it is named after. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
