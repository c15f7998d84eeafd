package dev.coterie.check.leader;

import java.util.concurrent.CountDownLatch;

/** Waiting without checked interrupts: a test that is interrupted has failed by its time limit. */
final class Threads {
  private Threads() {}

  /** Runs on another thread and waits for it. */
  static void inOther(Runnable action) {
    join(Thread.ofPlatform().daemon().start(action));
  }

  static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
