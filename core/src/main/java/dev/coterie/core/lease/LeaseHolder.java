package dev.coterie.core.lease;

import dev.coterie.api.LeaseName;

/** Who holds leases: a session. Told with no lock held. */
public interface LeaseHolder {
  /** Notes a moment, just before a lease is recalled. The table's monitor is held. */
  long mark();

  /** A lease is to be given back. */
  void recall(LeaseName lease);

  /**
   * A lease was not given back in time: nothing that this holder says counts any more.
   *
   * @param mark the moment of the recall
   */
  void expire(long mark);
}
