package dev.coterie.core;

import dev.coterie.api.Name;
import org.jspecify.annotations.Nullable;

/**
 * (directory, name) → inode, or "no such name". A cache of what the directory's mount says, exact
 * while the directory's operation lock is held: every change of a name changes or drops its dentry
 * under that lock.
 */
final class Dentry {
  final InsideInode
      directory; // immutable; not counted on, as a buried directory drops its dentries
  final Name name; // immutable
  final @Nullable InsideInode
      inode; // immutable; counted on while the dentry is cached; null: no such name
  volatile boolean used; // the second chance of DentryCache

  Dentry(InsideInode directory, Name name, @Nullable InsideInode inode) {
    this.directory = directory;
    this.name = name;
    this.inode = inode;
  }
}
