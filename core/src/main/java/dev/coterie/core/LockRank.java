package dev.coterie.core;

/** The order in which one thread may take locks; the tree is in the package's front page. */
enum LockRank {
  RENAME,
  OFFSET,
  PARENT,
  SUBDIRECTORY,
  INODE,
  SHAPE
}
