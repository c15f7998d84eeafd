package dev.coterie.core;

import dev.coterie.api.lock.LockQuestion;
import dev.coterie.api.lock.LockTable;
import dev.coterie.core.event.ListenedSource;

/** A lock of a file, readable while it could be taken. Keeps the inode, on which locks are. */
final class LockSource extends ListenedSource {
  private final Vfs vfs;
  private final Inode inode; // immutable; counted on until the end
  private final Runnable forget; // immutable

  /**
   * @param inode with a reference that passes to the source
   */
  LockSource(Vfs vfs, Inode inode, LockTable table, LockQuestion question) {
    super(() -> table.answer(question));
    this.vfs = vfs;
    this.inode = inode;
    this.forget = table.ask(question, this::more);
  }

  @Override
  public void end() {
    super.end();
    forget.run();
    vfs.put(inode);
  }
}
