package dev.coterie.core;

import dev.coterie.core.spi.OutsideFile;

/** An open file description of an outside mount, which has the file open too. */
final class OutsideHandle extends Handle {
  final OutsideFile file; // immutable; closed with the last reference

  /**
   * @param inode with a reference that passes to the handle
   */
  OutsideHandle(OutsideInode inode, OutsideFile file, int flags) {
    super(inode, flags);
    this.file = file;
  }

  @Override
  void end() {
    super.end();
    file.close();
  }
}
