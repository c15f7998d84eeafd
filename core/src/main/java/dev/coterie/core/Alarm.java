package dev.coterie.core;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

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
    private static final int TICK_MS = 100;

    private static final ScheduledThreadPoolExecutor THREAD =
        new ScheduledThreadPoolExecutor(
            1, action -> Thread.ofPlatform().daemon().name("coterie-alarm").unstarted(action));

    static {
      THREAD.setRemoveOnCancelPolicy(true);
    }

    private static final AtomicBoolean ticking = new AtomicBoolean();
    private static volatile boolean used; // since the last tick

    private SystemAlarm() {}

    /**
     * An alarm that becomes the first wakes the thread, to wait for that one from then on; and most
     * alarms are taken back before their time. So while alarms are set there is always one that
     * comes before them all.
     */
    private static Runnable set(int afterMs, Runnable action) {
      if (!used) {
        used = true;
      }
      if (!ticking.get() && ticking.compareAndSet(false, true)) {
        tickLater();
      }
      Future<?> alarm = THREAD.schedule(action, afterMs, TimeUnit.MILLISECONDS);
      return () -> alarm.cancel(false);
    }

    private static void tickLater() {
      THREAD.schedule(SystemAlarm::tick, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private static void tick() {
      if (used) {
        used = false;
        tickLater();
      } else {
        ticking.set(false);
      }
    }
  }
}
