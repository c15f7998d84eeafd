package dev.coterie.api;

import org.jspecify.annotations.Nullable;

/** What of an object a lease is about. */
public enum LeasePlane {
  /** Attributes and data of an inode; of a directory its names too. */
  INODE(0),

  /** Entries of a directory and their attributes. */
  NAMES(1),

  /** The offset of an open file. */
  HANDLE(2),

  /** The lock table of an inode. */
  LOCKS(3),

  /** An application's object and its value. */
  KEY(4);

  private final int number;

  LeasePlane(int number) {
    this.number = number;
  }

  /** Its number on the wire. */
  public int number() {
    return number;
  }

  /** Null: there is none of that number. */
  public static @Nullable LeasePlane of(int number) {
    return switch (number) {
      case 0 -> INODE;
      case 1 -> NAMES;
      case 2 -> HANDLE;
      case 3 -> LOCKS;
      case 4 -> KEY;
      default -> null;
    };
  }
}
