package dev.coterie.gates.fuse.kernel;

import dev.coterie.sys.EventCounter;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What other threads have answered and the ring's own thread is to send: a list of exchanges,
 * linked through themselves.
 *
 * <p>No answer is left lying: the thread says that it will sleep before it looks at the list a last
 * time, and whoever puts something there does so before he looks whether it sleeps. So one of the
 * two sees the other. He who is first to see it asleep wakes it.
 */
final class Mailbox implements AutoCloseable {
  private final EventCounter bell;
  private final AtomicReference<@Nullable RingExchange> first = new AtomicReference<>();
  private final AtomicBoolean asleep = new AtomicBoolean();

  Mailbox(EventCounter bell) {
    this.bell = bell;
  }

  EventCounter bell() {
    return bell;
  }

  void put(RingExchange exchange) {
    RingExchange before;
    do {
      before = first.get();
      exchange.next = before;
    } while (!first.compareAndSet(before, exchange));
    wake();
  }

  /** Has the thread look round. */
  void wake() {
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      bell.signal();
    }
  }

  /** Of the ring's thread: all there is, by {@link RingExchange#next}. */
  @Nullable RingExchange takeAll() {
    return first.get() == null ? null : first.getAndSet(null);
  }

  /** Of the ring's thread: from now on it is to be woken. True if it may sleep. */
  boolean fallAsleep() {
    asleep.set(true);
    return first.get() == null;
  }

  /** Of the ring's thread. */
  void awake() {
    asleep.set(false);
  }

  @Override
  public void close() {
    bell.close();
  }
}
