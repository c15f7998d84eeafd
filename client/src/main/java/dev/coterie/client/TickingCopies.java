package dev.coterie.client;

import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.client.copies.Copies;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** Copies with the thread that looks after them. */
final class TickingCopies implements Runnable {
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS) / 3;

  /** The second write of a file in a row: the first may be all there is. */
  private static final int KEEPS_FROM = 2;

  private final Copies service; // immutable
  private final Thread thread; // immutable
  private volatile boolean over; // atomic

  TickingCopies(FileService below, long bytes, boolean writeBack, LongSupplier clock) {
    service = new Copies(below, bytes, clock, writeBack ? KEEPS_FROM : 0);
    thread = new Thread(this, "coterie-copies");
    thread.setDaemon(true);
    thread.start();
  }

  Copies service() {
    return service;
  }

  /** What is to be done when the connection is lost. */
  Runnable onLoss() {
    return new Runnable() { // no lambda: it would be linked at the start of a short command
      @Override
      public void run() {
        service.lost();
      }
    };
  }

  @Override
  public void run() {
    long next = System.nanoTime() + LOOK_NS;
    while (!over) {
      long left = next - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(this, left);
        Thread.interrupted(); // it is nobody's
      } else {
        service.look();
        next = System.nanoTime() + LOOK_NS;
      }
    }
  }

  void close() {
    over = true;
    LockSupport.unpark(thread);
    service.close();
  }
}
