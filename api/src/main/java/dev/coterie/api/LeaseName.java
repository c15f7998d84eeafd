package dev.coterie.api;

/**
 * One grant of a lease.
 *
 * @param id of what
 * @param seq which of the grants of that plane of it; never 0
 * @param keeps of a recall: what may be kept of it; of a return: what is kept
 */
public record LeaseName(InodeId id, LeasePlane plane, int seq, LeaseMode keeps) {
  /** Of which nothing is kept. */
  public LeaseName(InodeId id, LeasePlane plane, int seq) {
    this(id, plane, seq, LeaseMode.NONE);
  }

  /** Of attributes and data; nothing is kept. */
  public LeaseName(InodeId id, int seq) {
    this(id, LeasePlane.INODE, seq);
  }

  /** The same grant, of which this is kept. */
  public LeaseName keeping(LeaseMode mode) {
    return mode == keeps ? this : new LeaseName(id, plane, seq, mode);
  }
}
