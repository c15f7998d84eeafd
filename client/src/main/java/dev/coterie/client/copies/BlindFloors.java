package dev.coterie.client.copies;

import dev.coterie.api.InodeId;
import java.util.HashMap;
import java.util.Map;

/**
 * Which grants were recalled or given back while requests are under way that may bring a lease of
 * an inode that was not known when they were sent: as {@link Node#floor}, of inodes without a node.
 */
final class BlindFloors {
  private final Map<InodeId, Integer> floors = new HashMap<>(); // guarded by this
  private volatile int requests; // written under this

  synchronized void begin() {
    requests++;
  }

  synchronized void end() {
    requests--;
    if (requests == 0) {
      floors.clear();
    }
  }

  /** A grant is none any more, if it comes now. */
  void raise(InodeId id, int seq) {
    if (requests == 0) {
      return; // what is sent from now on brings a later one
    }
    synchronized (this) {
      if (requests > 0) {
        floors.merge(id, seq, (one, other) -> one - other > 0 ? one : other);
      }
    }
  }

  /** Whether a grant is none any more. */
  synchronized boolean covers(InodeId id, int seq) {
    Integer floor = floors.get(id);
    return floor != null && seq - floor <= 0;
  }
}
