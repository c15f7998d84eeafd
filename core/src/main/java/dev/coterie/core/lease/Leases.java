package dev.coterie.core.lease;

import dev.coterie.api.LeaseMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The leases of a tree, seen from its operations. A tree without any pays one volatile read. */
public final class Leases {
  private static final ThreadLocal<@Nullable LeaseHolder> ACTING = new ThreadLocal<>();
  private volatile boolean used; // for ever, once a lease was asked for

  /** From now on there may be leases; to be called before any lock is taken for granting one. */
  public void use() {
    used = true;
  }

  /** Whether a lease was ever asked for. */
  public boolean areUsed() {
    return used;
  }

  /** Notes for whom this thread is at work from now on: his own leases do not stand in his way. */
  public void acts(LeaseHolder holder) {
    if (used) {
      ACTING.set(holder);
    }
  }

  /**
   * The thread is at work for nobody any more. If it was for another before, that one's own leases
   * stand in its way from now on, which costs a recall and is never wrong.
   */
  public void rests() {
    if (used) {
      ACTING.set(null);
    }
  }

  /**
   * Before something is shown of it.
   *
   * @param most what others may keep: less than shared, if it is to be changed then
   * @throws LeaseConflict another has a lease under which it may be out of date here
   */
  public void requireSeen(@Nullable LeaseTable shown, LeaseMode most) throws LeaseConflict {
    if (used && shown != null && shown.isExclusiveBeside(ACTING.get())) {
      throw new LeaseConflict(List.of(shown), most);
    }
  }

  /** Whether whom this thread is at work for is alone with it. */
  public boolean isAlone(LeaseTable table) {
    return table.isAlone(ACTING.get());
  }

  /** Whether it stands in the way of a change by whom this thread is at work for. */
  public boolean isHeldByOther(LeaseTable table) {
    return table.isHeldBeside(ACTING.get());
  }
}
