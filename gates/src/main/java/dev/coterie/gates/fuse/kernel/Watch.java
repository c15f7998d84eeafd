package dev.coterie.gates.fuse.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Finds out who has been signalled without our having been told.
 *
 * <p>Who waits and gets a signal is named by an INTERRUPT; but not, over io_uring, if the signal
 * came between his asking and our thread's taking what he asks: as of Linux 6.18 nobody looks for
 * it then, and he could not even be killed. So those who have waited for some time are looked at,
 * each as its {@code /proc} says.
 */
final class Watch implements AutoCloseable {
  private static final long PERIOD_MS = 500;
  static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coterie-ring-watch").factory());

  Watch(List<RingQueue> queues) {
    var _ =
        thread.scheduleWithFixedDelay(
            () -> queues.forEach(RingQueue::lookForSignals),
            PERIOD_MS,
            PERIOD_MS,
            TimeUnit.MILLISECONDS);
  }

  /** Whether a signal waits for this thread to come back from the kernel. Source: proc(5). */
  static boolean isSignalled(int thread) {
    try {
      long pending = 0;
      long blocked = 0;
      Path status = Path.of("/proc/" + thread + "/status");
      for (String line : Files.readAllLines(status, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith("SigPnd:") || line.startsWith("ShdPnd:")) {
          pending |= set(line);
        } else if (line.startsWith("SigBlk:")) {
          blocked = set(line);
        }
      }
      return (pending & ~blocked) != 0;
    } catch (IOException e) {
      return false; // it is not of this pid name space, or has ended
    }
  }

  private static long set(String line) {
    return Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16);
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
