package dev.coterie.core.lease;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeaseMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An operation cannot be done yet: others have leases on what it changes, or one under which what
 * it shows may be out of date here. Nothing was done. It never leaves the core: the operation waits
 * for them to be given back and begins again.
 */
public final class LeaseConflict extends ErrnoException {
  private static final long serialVersionUID = 1;

  private final transient Map<LeaseTable, LeaseMode> tables = new LinkedHashMap<>();

  /** Others may keep nothing of these. */
  public LeaseConflict(List<LeaseTable> tables) {
    this(tables, LeaseMode.NONE);
  }

  /**
   * @param most what others may keep
   */
  LeaseConflict(List<LeaseTable> tables, LeaseMode most) {
    super(Errno.EAGAIN);
    tables.forEach(table -> this.tables.put(table, most));
  }

  /** What was in the way of something else that the operation wants. */
  public void add(LeaseConflict other) {
    other.tables.forEach((table, most) ->
        tables.merge(table, most, (one, two) -> one.compareTo(two) <= 0 ? one : two));
  }

  /** What is to be given back, each with what others may keep of it. */
  public Map<LeaseTable, LeaseMode> tables() {
    return tables;
  }
}
