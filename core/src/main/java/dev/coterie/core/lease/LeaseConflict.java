package dev.coterie.core.lease;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/**
 * An operation cannot be done yet: others have leases on what it changes, or one under which what
 * it shows may be out of date here. Nothing was done. It never leaves the core: the operation waits
 * for them to be given back and begins again.
 */
public final class LeaseConflict extends ErrnoException {
  private static final long serialVersionUID = 1;

  private final transient List<LeaseTable> tables;

  LeaseConflict(List<LeaseTable> tables) {
    super(Errno.EAGAIN);
    this.tables = new ArrayList<>(tables);
  }

  /** What was in the way of something else that the operation wants. */
  public void add(LeaseConflict other) {
    tables.addAll(other.tables);
  }

  public List<LeaseTable> tables() {
    return tables;
  }
}
