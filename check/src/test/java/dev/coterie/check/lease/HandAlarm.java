package dev.coterie.check.lease;

import dev.coterie.core.Alarm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Alarms that go off when a check says that time has passed. For one thread. */
final class HandAlarm implements Alarm {
  private record Set(long at, long number, Runnable action) {}

  private final List<Set> all = new ArrayList<>();
  private long now;
  private long number;

  @Override
  public synchronized Runnable set(int afterMs, Runnable action) {
    Set one = new Set(now + afterMs, number++, action);
    all.add(one);
    return () -> {
      synchronized (this) {
        all.remove(one);
      }
    };
  }

  /** Lets time pass, and what is due go off in its order. */
  void pass(long ms) {
    long end;
    synchronized (this) {
      end = now + ms;
    }
    while (true) {
      Set due;
      synchronized (this) {
        due =
            all.stream()
                .filter(one -> one.at() <= end)
                .min(Comparator.comparingLong(Set::at).thenComparingLong(Set::number))
                .orElse(null);
        now = due == null ? end : Math.max(now, due.at());
        if (due == null) {
          return;
        }
        all.remove(due);
      }
      due.action().run();
    }
  }

  synchronized int waiting() {
    return all.size();
  }
}
