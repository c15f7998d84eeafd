package dev.coterie.check.posix;

/**
 * What legitimately differs between a tmpfs of the kernel and ours, and what the test does about
 * it. All there is: any other difference is a fault.
 */
enum Difference {
  /** Linux's tmpfs has no FALLOC_FL_ZERO_RANGE (EOPNOTSUPP); ours has. Not generated. */
  ZERO_RANGE,

  /**
   * A FIFO is a node without life here (ENXIO, {@link dev.coterie.api.FileService#open}): whoever
   * presents the tree to programs gives it one. kernel_fs.c says ENXIO where it could open one.
   */
  FIFO_OPENS,

  /**
   * Linux copies inside a tmpfs by splice, which fills holes with zeros; ours keeps holes. What is
   * read is the same. {@link ProcessCalls} writes what it has copied once more, so that blocks and
   * holes can be compared afterwards.
   */
  COPY_FILLS_HOLES,

  /**
   * chown(2) with neither an owner nor a group marks the change time on Linux and clears set-id
   * bits; POSIX lets both be, and {@link dev.coterie.api.SetAttr} cannot say it. Not generated.
   */
  CHOWN_OF_NOTHING,

  /**
   * A second fallocate(2) of a page that was not written yet makes it data for lseek(2) on Linux;
   * ours stays a hole. Half of the seeds allocate, the other half look for data and holes.
   */
  FALLOCATED_TWICE,

  /**
   * An open directory's offset is what readdir(3) left on Linux; ours is given a cookie with each
   * call. kernel_fs.c puts the offset back after a listing.
   */
  DIRECTORY_OFFSETS,

  /**
   * Linux's times have the grain of a tick; only those of changes are finer, once they were asked
   * for, but not a directory's, which takes those of what it named. Ours have none. So that a
   * change after a look always shows, kernel_fs.c waits for the next tick when it has shown such a
   * time of this tick.
   */
  TIME_GRAIN
}
