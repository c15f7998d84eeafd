package dev.coterie.mounts.tmpfs;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What inodes, further hard links and extended attributes may take of the heap, in bytes: 1 KiB for
 * each inode of the limit. The counting is the kernel's (mm/shmem.c, {@code free_ispace}), so that
 * statfs(2) shows the same numbers.
 *
 * <p>Concurrency: any thread.
 */
final class InodeSpace {
  /**
   * What an inode counts for, and each hard link after its first. Source: mm/shmem.c,
   * BOGO_INODE_SIZE.
   */
  static final long INODE_BYTES = 1024;

  /** Inodes in all; immutable. */
  private final long limit;

  /** Bytes not taken; atomic. */
  private final AtomicLong free;

  InodeSpace(long limit) {
    this.limit = limit;
    this.free = new AtomicLong(limit * INODE_BYTES);
  }

  /** Takes space, or returns false when there is not enough. */
  boolean take(long bytes) {
    long before = free.get();
    while (before >= bytes) {
      long found = free.compareAndExchange(before, before - bytes);
      if (found == before) {
        return true;
      }
      before = found;
    }
    return false;
  }

  void give(long bytes) {
    long now = free.addAndGet(bytes);
    assert now <= limit * INODE_BYTES : "more inode space is given back than was taken";
  }

  long limit() {
    return limit;
  }

  long freeInodes() {
    return free.get() / INODE_BYTES;
  }
}
