package dev.coterie.api;

/** The bits of {@code st_mode}. Source: inode(7). */
public final class Mode {
  private Mode() {}

  public static final int S_IFMT = 0170000;
  public static final int S_IFSOCK = 0140000;
  public static final int S_IFLNK = 0120000;
  public static final int S_IFREG = 0100000;
  public static final int S_IFBLK = 0060000;
  public static final int S_IFDIR = 0040000;
  public static final int S_IFCHR = 0020000;
  public static final int S_IFIFO = 0010000;
  public static final int S_ISUID = 04000;
  public static final int S_ISGID = 02000;
  public static final int S_ISVTX = 01000;
  public static final int S_IXGRP = 00010;

  /** The bits chmod(2) can change. */
  public static final int PERMISSIONS = 07777;

  public static boolean isDirectory(int mode) {
    return (mode & S_IFMT) == S_IFDIR;
  }

  public static boolean isRegular(int mode) {
    return (mode & S_IFMT) == S_IFREG;
  }

  public static boolean isSymlink(int mode) {
    return (mode & S_IFMT) == S_IFLNK;
  }

  /** The type as readdir(3) gives it in {@code d_type}: DT_DIR, DT_REG and so on. */
  public static int direntType(int mode) {
    return (mode & S_IFMT) >>> 12;
  }

  /** The ten characters of {@code ls -l}. */
  public static String toText(int mode) {
    char type =
        switch (mode & S_IFMT) {
          case S_IFDIR -> 'd';
          case S_IFLNK -> 'l';
          case S_IFSOCK -> 's';
          case S_IFBLK -> 'b';
          case S_IFCHR -> 'c';
          case S_IFIFO -> 'p';
          default -> '-';
        };
    StringBuilder text = new StringBuilder(10).append(type);
    for (int shift = 6; shift >= 0; shift -= 3) {
      int bits = mode >>> shift;
      boolean special = (mode & (S_ISVTX << (shift / 3))) != 0;
      char plain = (bits & 1) != 0 ? 'x' : '-';
      char marked = shift == 0 ? 't' : 's';
      text.append((bits & 4) != 0 ? 'r' : '-').append((bits & 2) != 0 ? 'w' : '-');
      text.append(!special ? plain : (bits & 1) != 0 ? marked : Character.toUpperCase(marked));
    }
    return text.toString();
  }
}
