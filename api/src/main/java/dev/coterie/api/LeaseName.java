package dev.coterie.api;

/**
 * One grant of a lease.
 *
 * @param id of what
 * @param seq which of the grants of that plane of it; never 0
 */
public record LeaseName(InodeId id, LeasePlane plane, int seq) {
  /** Of attributes and data. */
  public LeaseName(InodeId id, int seq) {
    this(id, LeasePlane.INODE, seq);
  }
}
