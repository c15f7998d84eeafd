package dev.coterie.check.guest;

/** What stat(2) said in a guest; times as {@code seconds.nanoseconds}. */
record GuestStat(
    int mode,
    long nlink,
    int uid,
    int gid,
    long size,
    long blocks,
    long rdev,
    long ino,
    String atime,
    String mtime,
    String ctime) {

  static GuestStat of(Answer a) {
    return new GuestStat(
        a.octal(0),
        a.number(1),
        (int) a.number(2),
        (int) a.number(3),
        a.number(4),
        a.number(5),
        a.number(6),
        a.number(7),
        a.text(8),
        a.text(9),
        a.text(10));
  }
}
