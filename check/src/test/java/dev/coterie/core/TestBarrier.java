package dev.coterie.core;

import dev.coterie.api.Operation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** A barrier that a test shuts before some operations and opens again. */
final class TestBarrier implements Barrier {
  private final Set<Waiting> kept = new LinkedHashSet<>(); // guarded by this
  private Predicate<Operation<?>> shut = operation -> false; // guarded by this

  /** Operations like these wait from now on. */
  synchronized void shutBefore(Predicate<Operation<?>> operations) {
    shut = operations;
  }

  @Override
  public synchronized boolean admit(Waiting request) {
    if (!shut.test(request.operation())) {
      return true;
    }
    kept.add(request);
    notifyAll();
    return false;
  }

  @Override
  public synchronized void withdraw(Waiting request) {
    kept.remove(request);
  }

  synchronized int kept() {
    return kept.size();
  }

  synchronized void awaitKept(int count) throws InterruptedException {
    while (kept.size() < count) {
      wait();
    }
  }

  /** Lets everything through, what waits on this thread. */
  void open() {
    List<Waiting> all;
    synchronized (this) {
      shut = operation -> false;
      all = new ArrayList<>(kept);
      kept.clear();
    }
    all.forEach(Waiting::resume);
  }
}
