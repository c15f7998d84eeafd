package dev.coterie.core.lease;

import dev.coterie.api.LeaseName;

/** Who holds leases: a session. Told with no lock held. */
public interface LeaseHolder {
  /** A lease is to be given back. */
  void recall(LeaseName lease);

  /** A lease was not given back in time: nothing that this holder says counts any more. */
  void expire();
}
