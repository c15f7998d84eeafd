package dev.coterie.client;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads for the calls that no thread waits for, as long as there are any. Started by the first of
 * them.
 *
 * <p>No call is forgotten. The count is raised before {@link #wake} looks. If this thread is parked
 * as idle, it said so before it looked at the count a last time, so one of the two sees the other.
 * If it is parked because another has the role, that one frees the role before it looks whether the
 * count is 0 ({@link ReaderRole#release}), so either that one wakes it or {@link #wake} finds the
 * role free. Otherwise it is awake and will look.
 */
final class BackgroundReader implements Runnable {
  private final Connection connection; // immutable
  private final ReaderRole role; // immutable
  private final AtomicInteger unwaited; // atomic
  private volatile boolean idle; // atomic
  private volatile boolean over; // atomic
  private volatile @Nullable Thread thread; // written under this

  BackgroundReader(Connection connection, ReaderRole role, AtomicInteger unwaited) {
    this.connection = connection;
    this.role = role;
    this.unwaited = unwaited;
  }

  /** There may be something to read for. */
  void wake() {
    Thread reader = thread;
    if (reader == null) {
      start();
    } else if (idle || role.isFree()) {
      LockSupport.unpark(reader);
    }
  }

  /** The connection is over, and this thread too. */
  void end() {
    over = true;
    LockSupport.unpark(thread);
  }

  private synchronized void start() {
    if (thread == null && !over) {
      Thread reader = new Thread(this, "coterie-client-reader");
      reader.setDaemon(true);
      thread = reader;
      reader.start();
    }
  }

  @Override
  public void run() {
    Demand demand = new Demand(unwaited);
    while (!over) {
      connection.await(demand);
      Thread.interrupted(); // it is nobody's
      idle = true;
      if (demand.isDone() && !over) {
        LockSupport.park(this);
      }
      idle = false;
    }
  }

  /** Has come about when no call is left. */
  private static final class Demand extends Waiting {
    private final AtomicInteger unwaited; // atomic

    Demand(AtomicInteger unwaited) {
      this.unwaited = unwaited;
    }

    @Override
    boolean isDone() {
      return unwaited.get() == 0;
    }

    @Override
    void interrupted() {}
  }
}
