package dev.coterie.client;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread a connection may have: it reads for the calls that no thread waits for, and sends
 * off the clunks that no request came to take along. Started when first there is such a thing.
 *
 * <p>No call is forgotten. The count is raised before {@link #wake} looks. If this thread is parked
 * as idle, it said so before it looked at the count a last time, so one of the two sees the other.
 * If it is parked because another has the role, that one frees the role before it looks whether the
 * count is 0 ({@link ReaderRole#release}), so either that one wakes it or {@link #wake} finds the
 * role free. Otherwise it is awake and will look.
 */
final class Background implements Runnable {
  /** How long a clunk waits for a request that takes it along. */
  private static final long RIDE_NS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Looks without finding a clunk, after which this thread waits to be told. */
  private static final int QUIET_LOOKS = 10;

  private final Connection connection; // immutable
  private final ReaderRole role; // immutable
  private final Output output; // immutable
  private final AtomicInteger unwaited; // atomic
  private volatile boolean idle; // atomic: does not read, or is about not to
  private volatile boolean asleep; // atomic: does not look for clunks, or is about not to
  private volatile boolean over; // atomic
  private volatile @Nullable Thread thread; // written under this
  private int quiet; // of the thread: looks in a row that found no clunk

  Background(Connection connection, ReaderRole role, Output output, AtomicInteger unwaited) {
    this.connection = connection;
    this.role = role;
    this.output = output;
    this.unwaited = unwaited;
  }

  /** There is a call to read for. */
  void wake() {
    Thread reader = thread;
    if (reader == null) {
      start();
    } else if (idle || role.isFree()) {
      LockSupport.unpark(reader);
    }
  }

  /** There is a clunk to be taken along. */
  void wakeForClunk() {
    Thread reader = thread;
    if (reader == null) {
      start();
    } else if (asleep) {
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
      Thread reader = new Thread(this, "coterie-client");
      reader.setDaemon(true);
      thread = reader;
      reader.start();
    }
  }

  @Override
  public void run() {
    Demand demand = new Demand();
    while (!over) {
      connection.await(demand);
      Thread.interrupted(); // it is nobody's
      idle = true;
      if (demand.isDone() && !over) {
        rest(demand);
      }
      idle = false;
    }
  }

  private void rest(Demand demand) {
    if (output.rides()) {
      quiet = 0;
      LockSupport.parkNanos(this, RIDE_NS);
      output.flush();
    } else if (quiet < QUIET_LOOKS) {
      quiet++;
      LockSupport.parkNanos(this, RIDE_NS);
    } else {
      asleep = true;
      if (!output.rides() && demand.isDone() && !over) {
        LockSupport.park(this);
      }
      asleep = false;
      quiet = 0;
    }
  }

  /** Has come about when there is nothing to read for. */
  private final class Demand extends Waiting {
    @Override
    boolean isDone() {
      return unwaited.get() == 0 && !output.lacksClunkTags();
    }

    @Override
    void interrupted() {}
  }
}
