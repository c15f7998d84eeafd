package dev.coterie.check.history;

/**
 * The kinds of recorded operations. Each is one call of {@code FileService}, so that it has one
 * moment at which it takes effect. The order is part of the format of an event log: new kinds go to
 * the end of their list.
 */
public enum Kind {
  /** Answers identity, type and link count. */
  LOOKUP("lookup"),
  /** What readdir showed of a name when the tree was at rest: identity and type. */
  LIST("readdir"),
  /** The link count of an inode that is referred to, whether it still has a name or not. */
  GETATTR("getattr"),
  /** O_CREAT without O_EXCL: opens what is there, otherwise makes a file. Does not say which. */
  CREATE("create"),
  CREATE_EXCL("create O_EXCL"),
  MKNOD("mknod"),
  MKDIR("mkdir"),
  SYMLINK("symlink"),
  UNLINK("unlink"),
  RMDIR("rmdir"),
  LINK("link"),
  RENAME("rename"),
  RENAME_NOREPLACE("rename NOREPLACE"),
  RENAME_EXCHANGE("rename EXCHANGE"),

  READ("read"),
  /** The size that getattr gives. */
  SIZE("size"),
  /** The size in the answer of an open. */
  OPEN("open"),
  WRITE("write"),
  /** Says where it wrote. */
  APPEND("append"),
  /** A write through an O_APPEND handle, which does not say where. */
  WRITE_APPEND("write O_APPEND"),
  TRUNCATE("truncate"),
  OPEN_TRUNC("open O_TRUNC");

  private final String label;

  Kind(String label) {
    this.label = label;
  }

  /** Whether it is about a group of names; otherwise it is about the content of a file. */
  public boolean onNames() {
    return compareTo(READ) < 0;
  }

  /** Whether a success makes a new inode, or for {@link #CREATE} may have made one. */
  boolean creates() {
    return switch (this) {
      case CREATE, CREATE_EXCL, MKNOD, MKDIR, SYMLINK -> true;
      default -> false;
    };
  }

  /** Whether a success leaves everything as it was. */
  boolean onlyLooks() {
    return switch (this) {
      case LOOKUP, LIST, GETATTR, READ, SIZE, OPEN -> true;
      default -> false;
    };
  }

  boolean renames() {
    return this == RENAME || this == RENAME_NOREPLACE || this == RENAME_EXCHANGE;
  }

  @Override
  public String toString() {
    return label;
  }
}
