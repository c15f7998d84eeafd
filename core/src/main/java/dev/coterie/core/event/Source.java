package dev.coterie.core.event;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/**
 * Something that is ready or not, and tells others when that may have changed (analogous to what
 * Linux's file_operations.poll gives access to, with its wait queue).
 */
public abstract class Source {
  private final SequencedSet<Watcher> shared = new LinkedHashSet<>(2); // guarded by this
  private final SequencedSet<Watcher> exclusive = new LinkedHashSet<>(2); // guarded by this
  private List<Runnable> waiters = new ArrayList<>(0); // guarded by this

  /** What it is ready for now: bits of {@link dev.coterie.api.EventMask}. */
  public abstract int ready();

  /** The last reference of the handle has gone: nobody is told of it any more. */
  public void end() {
    List<Watcher> watchers;
    synchronized (this) {
      watchers = new ArrayList<>(shared);
      watchers.addAll(exclusive);
      shared.clear();
      exclusive.clear();
    }
    watchers.forEach(Watcher::ended);
  }

  // ---- watchers ----

  final synchronized void watch(Watcher watcher, boolean alone) {
    (alone ? exclusive : shared).add(watcher);
  }

  final synchronized void unwatch(Watcher watcher) {
    if (!shared.remove(watcher)) {
      exclusive.remove(watcher);
    }
  }

  final synchronized List<Watcher> watchers() {
    List<Watcher> all = new ArrayList<>(shared);
    all.addAll(exclusive);
    return all;
  }

  // ---- waiters ----

  /**
   * Has a waiter run after the next change. The caller holds what the source's state is guarded by,
   * and has just seen that it is not ready.
   */
  final synchronized void await(Runnable waiter) {
    waiters.add(waiter);
  }

  /** Forgets a waiter that has given up. It may be running, or be about to. */
  @SuppressWarnings("ReferenceEquality") // the very one
  public final synchronized void forget(Runnable waiter) {
    waiters.removeIf(known -> known == waiter);
  }

  final synchronized boolean hasWaiters() {
    return !waiters.isEmpty();
  }

  // ---- telling them ----

  /**
   * Tells all of a change: those who share it, the latest first (as Linux's wait queues have it),
   * then of those who want it alone as many as it takes to wake one up.
   *
   * @param hint what for; 0: for anything, and then all are told
   */
  final void changed(int hint) {
    assert !Thread.holdsLock(this) : "told with a lock held";
    List<Watcher> all;
    List<Watcher> alone;
    synchronized (this) {
      all = shared.isEmpty() ? List.of() : new ArrayList<>(shared.reversed());
      alone = exclusive.isEmpty() ? List.of() : new ArrayList<>(exclusive);
    }
    for (Watcher watcher : all) {
      watcher.changed(hint);
    }
    for (Watcher watcher : alone) {
      if (watcher.changed(hint) && hint != 0) {
        break;
      }
    }
    wake();
  }

  /** Has those who wait try again; or one of them, if a change can be only one's. */
  final void wake() {
    List<Runnable> woken;
    synchronized (this) {
      if (waiters.isEmpty()) {
        return;
      }
      if (wakesOne()) {
        woken = List.of(waiters.removeFirst());
      } else {
        woken = waiters;
        waiters = new ArrayList<>(1);
      }
    }
    Wakes.run(woken);
  }

  /** Whether one who is woken takes what there is, or passes it on: {@link #passOn}. */
  boolean wakesOne() {
    return false;
  }

  /** Who was woken ends without having taken anything. With no lock held. */
  public void passOn() {}
}
