package dev.coterie.client;

import dev.coterie.api.Operation;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread a connection may have: it reads for the calls that no thread waits for, and sends
 * off the clunks that no request came to take along. Started when first there is such a thing.
 *
 * <p>Calls about leases are <i>patient</i>: one of them is under way all the time in a client that
 * has copies or keys, and if this thread were in the socket for it all the time, each thread that
 * waits for an answer would have that handed over by this one, which costs two switches. So while
 * others wait for answers and read, this thread stays away, for {@link #AWAY_NS} at a time; it is
 * back when none has waited for so long. By then it has missed no more than what came in that time.
 *
 * <p>No call is forgotten. The count is raised before {@link #wake} looks. If this thread is parked
 * as idle, or is away and the call is not a patient one, it said so before it looked at the counts a
 * last time, so one of the two sees the other. If it is away and the call is patient, it looks when
 * its time is up. If it is parked because another has the role, it is on the list of those who wait
 * for that; the other one frees the role before it looks whether the count is 0 ({@link
 * ReaderRole#release}), so either that one wakes it, or who comes first on that list and then
 * releases in its turn, or {@link #wake} finds the role free. Otherwise it is awake and will look.
 * It is away only while it is not on that list, so that nobody wakes it for nothing; as it leaves
 * the list it hands on a wake-up that it may have been given ({@link ReaderRole#leave}).
 */
final class Background implements Runnable {
  /** How long a clunk waits for a request that takes it along. */
  private static final long RIDE_NS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Looks without finding a clunk, after which this thread waits to be told. */
  private static final int QUIET_LOOKS = 10;

  /** For so long reading is left to those who wait, if some do. */
  private static final long AWAY_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Connection connection; // immutable
  private final ReaderRole role; // immutable
  private final Output output; // immutable
  private final AtomicInteger unwaited = new AtomicInteger(); // atomic: what there is to read for
  private final AtomicInteger urgent = new AtomicInteger(); // atomic: of that, what is not patient
  private volatile boolean idle; // atomic: does not read, or is about not to
  private volatile boolean away; // atomic: does not read for a while, or is about not to
  private volatile boolean asleep; // atomic: does not look for clunks, or is about not to
  private volatile boolean over; // atomic
  private volatile @Nullable Thread thread; // written under this
  private int quiet; // of the thread: looks in a row that found no clunk

  Background(Connection connection, ReaderRole role, Output output) {
    this.connection = connection;
    this.role = role;
    this.output = output;
  }

  /** There is a call to read for; null: a thread waits that cannot read. */
  void begun(@Nullable Operation<?> operation) {
    boolean patient = isPatient(operation);
    if (!patient) {
      urgent.incrementAndGet();
    }
    unwaited.incrementAndGet();
    wake(patient);
  }

  /** It is over. */
  void ended(@Nullable Operation<?> operation) {
    unwaited.decrementAndGet();
    if (!isPatient(operation)) {
      urgent.decrementAndGet();
    }
  }

  private static boolean isPatient(@Nullable Operation<?> operation) {
    return operation != null && Tags.isForLeases(operation);
  }

  private void wake(boolean patient) {
    Thread reader = thread;
    if (reader == null) {
      start();
    } else if (idle || (away ? !patient : role.isFree())) {
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
      if (demand.isLeftToOthers() && !over) {
        stayAway();
      }
    }
  }

  private void stayAway() {
    away = true;
    role.forgetUse();
    if (isPatient() && !over) {
      LockSupport.parkNanos(this, AWAY_NS);
      Thread.interrupted();
    }
    away = false;
  }

  /** Whether all there is to do can wait a little. */
  private boolean isPatient() {
    return urgent.get() == 0 && !output.lacksClunkTags() && !output.isStalled();
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

  /** Has come about when there is nothing to read for, nor anything left to a reader to write. */
  private final class Demand extends Waiting {
    @Override
    boolean isDone() {
      return unwaited.get() == 0 && !output.lacksClunkTags() && !output.isStalled();
    }

    @Override
    boolean isPatient() {
      return true;
    }

    @Override
    boolean isLeftToOthers() {
      return role.isUsed() && Background.this.isPatient();
    }

    @Override
    void interrupted() {}
  }
}
