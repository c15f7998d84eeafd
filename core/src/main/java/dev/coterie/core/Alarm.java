package dev.coterie.core;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Calls somebody when a time is over: how waits with a time limit end. */
public interface Alarm {
  /**
   * Has an action run once, on any thread that holds no lock.
   *
   * @return takes that back
   */
  Runnable set(int afterMs, Runnable action);

  /** By the machine's clock, on a thread of its own that exists once somebody needs it. */
  static Alarm ofSystem() {
    return SystemAlarm::set;
  }

  /** The thread. */
  final class SystemAlarm {
    private static final ScheduledThreadPoolExecutor THREAD =
        new ScheduledThreadPoolExecutor(
            1, action -> Thread.ofPlatform().daemon().name("coterie-alarm").unstarted(action));

    static {
      THREAD.setRemoveOnCancelPolicy(true);
    }

    private SystemAlarm() {}

    private static Runnable set(int afterMs, Runnable action) {
      Future<?> alarm = THREAD.schedule(action, afterMs, TimeUnit.MILLISECONDS);
      return () -> alarm.cancel(false);
    }
  }
}
