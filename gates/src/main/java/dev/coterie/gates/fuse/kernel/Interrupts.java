package dev.coterie.gates.fuse.kernel;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of requests whose callers have been signalled.
 *
 * <p>The kernel says once for each request that there was a signal, not which. Whether it ends the
 * request, {@link Handler#isEndedBySignal} decides: where it does not, that is asked again and
 * again while the request waits, as the signal that does may come after it.
 */
final class Interrupts implements AutoCloseable {
  private static final long AGAIN_MILLIS = 100;
  private static final long IDLE_SECONDS = 10;

  private final Handler handler;
  private final LongFunction<@Nullable Exchange> atWorkOn;
  private final ScheduledThreadPoolExecutor again;

  /**
   * @param atWorkOn who has a request that is not answered yet, by its number
   */
  Interrupts(Handler handler, LongFunction<@Nullable Exchange> atWorkOn) {
    this.handler = handler;
    this.atWorkOn = atWorkOn;
    this.again =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("coterie-fuse-signals").factory());
    again.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    again.allowCoreThreadTimeOut(true);
    again.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** False: that request is not known, or not any more. */
  boolean interrupt(long unique) {
    Exchange target = atWorkOn.apply(unique);
    if (target == null) {
      return false;
    }
    // Over io_uring it may be there and nobody has looked at it yet.
    if (target.isAtWorkOn(unique) && handler.isEndedBySignal(target)) {
      target.interrupt(unique);
      return true;
    }
    try {
      var _ = again.schedule(() -> interrupt(unique), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The mount has ended, and with it what waits.
      return true;
    }
    return true;
  }

  @Override
  public void close() {
    again.shutdownNow();
  }
}
