package dev.coterie.core.lease;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.List;

/**
 * A change cannot be made yet: others have leases on what it changes. Nothing was done. It never
 * leaves the core: the operation waits for them to be given back and begins again.
 */
public final class LeaseConflict extends ErrnoException {
  private static final long serialVersionUID = 1;

  private final transient List<LeaseTable> tables;

  public LeaseConflict(List<LeaseTable> tables) {
    super(Errno.EAGAIN);
    this.tables = tables;
  }

  public List<LeaseTable> tables() {
    return tables;
  }
}
