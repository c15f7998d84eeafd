package dev.coterie.client;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Says something to the leader now and then, so that a lost connection is noticed in time. */
final class Heartbeat implements Runnable {
  private final Connection connection; // immutable
  private final Lasting lasting; // immutable
  private final long everyNs; // immutable
  private final Thread thread; // immutable
  private volatile boolean over; // atomic

  Heartbeat(Connection connection, Lasting lasting) {
    this.connection = connection;
    this.lasting = lasting;
    this.everyNs = TimeUnit.MILLISECONDS.toNanos(lasting.leaseMs()) / 3;
    this.thread = new Thread(this, "coterie-heartbeat");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void run() {
    long next = System.nanoTime() + everyNs;
    while (!over) {
      long left = next - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(this, left);
        Thread.interrupted(); // it is nobody's
      } else {
        beat();
        next = System.nanoTime() + everyNs;
      }
    }
  }

  /** Any message will do; this one gives nothing back. */
  private void beat() {
    try {
      Operation.ReturnLeases nothing = new Operation.ReturnLeases(List.of());
      connection.run(lasting.identity(), new Call<>(connection, nothing, null), null);
    } catch (ErrnoException e) {
      over = true; // the connection is, for good
    }
  }

  void end() {
    over = true;
    LockSupport.unpark(thread);
  }
}
