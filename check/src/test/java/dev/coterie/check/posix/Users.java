package dev.coterie.check.posix;

import dev.coterie.api.Caller;

/** The users of each process, as kernel_fs.c has them. */
final class Users {
  static final int COUNT = 4;

  private static final int[][] UMASK = {{022, 0, 027, 077}, {0, 022, 0, 077}};

  private Users() {}

  static Caller of(int process, int user) {
    int umask = UMASK[process][user];
    int pid = 100 + process;
    return switch (user) {
      case 0 -> new Caller(0, 0, new int[0], pid, umask);
      case 1 -> new Caller(1001, 1001, new int[] {2000}, pid, umask);
      case 2 -> new Caller(1002, 1002, new int[] {2000, 1001}, pid, umask);
      default -> new Caller(1003, 1003, new int[0], pid, umask);
    };
  }
}
