package dev.coterie.mounts.host;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.Descriptors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many descriptors of the process the host mounts may keep: those of open files, and those of
 * unlinked inodes that someone refers to. The rest is for sockets, for the calls under way and for
 * the JVM.
 */
final class DescriptorBudget {
  /** Of all descriptors of the process. */
  private static final int SHARE = 2;

  private static final int CACHE_SHARE = 16;
  private static final int CACHE_MOST = 1024;

  private final int most;
  private final AtomicInteger taken = new AtomicInteger();

  DescriptorBudget(int most) {
    this.most = most;
  }

  /** Half of what the process may have at most, shared by all host mounts in it. */
  static DescriptorBudget ofProcess() {
    return OfProcess.BUDGET;
  }

  /** How many descriptors one mount may keep that it can do without, beside the budget. */
  static int cacheOfProcess() {
    return Math.clamp(OfProcess.LIMIT / CACHE_SHARE, 8, CACHE_MOST);
  }

  private static final class OfProcess {
    static final int LIMIT = limit();
    static final DescriptorBudget BUDGET = new DescriptorBudget(LIMIT / SHARE);

    private static int limit() {
      try {
        return Descriptors.raiseLimit();
      } catch (ErrnoException e) {
        throw new AssertionError(e);
      }
    }
  }

  boolean tryTake() {
    if (taken.incrementAndGet() <= most) {
      return true;
    }
    giveBack();
    return false;
  }

  void giveBack() {
    int left = taken.decrementAndGet();
    assert left >= 0 : "descriptor given back twice";
  }

  int taken() {
    return taken.get();
  }
}
