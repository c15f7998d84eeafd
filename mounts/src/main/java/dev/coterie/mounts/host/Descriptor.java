package dev.coterie.mounts.host;

import dev.coterie.sys.DescriptorCalls;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor of the host, open as long as anyone uses it. Whoever has it closes it once; the last
 * to do so closes it on the host.
 */
final class Descriptor implements AutoCloseable {
  final int fd; // immutable
  private @Nullable DescriptorBudget counted; // guarded by this
  private final AtomicInteger users = new AtomicInteger(1);

  /** With one user, the maker. */
  Descriptor(int fd) {
    this.fd = fd;
  }

  /** Counts it in a budget until it is closed; false if there is none left in it. */
  synchronized boolean countIn(DescriptorBudget budget) {
    if (counted == null && budget.tryTake()) {
      counted = budget;
    }
    return counted != null;
  }

  /** One more user; false if it is closed already. */
  boolean tryUse() {
    for (int count = users.get(); count > 0; count = users.get()) {
      if (users.compareAndSet(count, count + 1)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    int left = users.decrementAndGet();
    assert left >= 0 : "descriptor closed too often";
    if (left == 0) {
      DescriptorCalls.close(fd);
      giveBack();
    }
  }

  private synchronized void giveBack() {
    if (counted != null) {
      counted.giveBack();
    }
  }
}
