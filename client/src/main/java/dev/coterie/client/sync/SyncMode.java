package dev.coterie.client.sync;

import dev.coterie.api.LeaseMode;

/** How a key is used. */
public enum SyncMode {
  /** Beside others that use it so; its value is only read. */
  SHARED(LeaseMode.SHARED),

  /** Alone. */
  EXCLUSIVE(LeaseMode.EXCLUSIVE);

  private final LeaseMode lease;

  SyncMode(LeaseMode lease) {
    this.lease = lease;
  }

  LeaseMode lease() {
    return lease;
  }
}
