package dev.coterie.core.spi;

import dev.coterie.api.Mode;
import dev.coterie.api.Timestamp;
import org.jspecify.annotations.Nullable;

/**
 * An inode of an {@link InsideMount}. The core reads these between its own checks and may do so
 * without the operation lock, discarding what it read when a writer was at work meanwhile; so
 * reading must neither fail nor block.
 */
public non-sealed interface InsideNode extends Node {
  @Override
  default int type() {
    return mode() & Mode.S_IFMT;
  }

  /** Type and permissions. */
  int mode();

  int uid();

  int gid();

  /** Null where the mode says it all. */
  @Nullable Acl accessAcl();

  /** Of a directory: what is made in it begins with this. */
  @Nullable Acl defaultAcl();

  /** Hard links; 0 once the last name is gone. */
  long nlink();

  /** Length in bytes. */
  long size();

  Timestamp atime();

  Timestamp mtime();

  Timestamp ctime();
}
