package dev.coterie.check.lock;

import dev.coterie.api.Errno;
import dev.coterie.api.lock.LockOwner;
import dev.coterie.api.lock.LockProcess;
import dev.coterie.api.lock.LockRange;
import dev.coterie.api.lock.LockTable;
import dev.coterie.api.lock.LockTable.Family;
import dev.coterie.api.lock.LockTable.Outcome;
import dev.coterie.api.lock.LockWait;
import dev.coterie.api.lock.Locks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Whatever threads do to one table at a time, each answer is one that the table could have given
 * had they come one after the other: locking, queueing, cancelling, closing and looking on. And a
 * wait is told of its end once, unless it was taken back.
 */
@Timeout(600)
@Param(name = "owner", gen = IntGen.class, conf = "1:3")
@Param(name = "byte", gen = IntGen.class, conf = "0:2")
@Param(name = "exclusive", gen = BooleanGen.class)
public class LockTableLin {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  private final LockTable table = new LockTable(new Locks());
  private final Waiter first = new Waiter(1);
  private final Waiter second = new Waiter(2);

  /** A process that waits for one lock at a time, and gives up at times. */
  private final class Waiter {
    final int owner;
    final List<Asked> all = new ArrayList<>();

    Waiter(int owner) {
      this.owner = owner;
    }

    Outcome request(int from, int to, boolean exclusive) {
      Asked asked = new Asked();
      LockWait wait = wanted(owner, from, to, exclusive, asked);
      asked.wait = wait;
      asked.outcome = table.request(Family.RECORD, wait);
      all.add(asked);
      return asked.outcome;
    }

    /** Takes back the last one; false: it was not waiting any more. */
    boolean cancel() {
      Asked last = all.isEmpty() ? null : all.getLast();
      LockWait wait = last == null ? null : last.wait;
      if (last == null || wait == null || last.outcome != Outcome.QUEUED) {
        return false;
      }
      last.withdrawn |= table.withdraw(Family.RECORD, wait);
      return last.withdrawn;
    }
  }

  /** A request for a lock, and what it was told. */
  private static final class Asked implements LockWait.Listener {
    final AtomicInteger told = new AtomicInteger();
    @Nullable LockWait wait;
    @Nullable Outcome outcome;
    boolean withdrawn;

    @Override
    public void granted() {
      told.incrementAndGet();
    }

    @Override
    public void ended(Errno errno) {
      told.incrementAndGet();
    }
  }

  private static LockOwner ownerOf(int owner) {
    return owner == 3
        ? new LockOwner.OfHandle("handle")
        : new LockOwner.OfProcess("session", owner);
  }

  private static LockRange range(int owner, int one, int other, boolean exclusive) {
    return new LockRange(Math.min(one, other), Math.max(one, other), exclusive, owner);
  }

  private static LockWait wanted(int owner, int from, int to, boolean exclusive, Asked asked) {
    LockProcess process = new LockProcess("session", owner);
    LockRange range = range(owner, from, to, exclusive);
    return new LockWait(ownerOf(owner), "through " + owner, process, range, asked);
  }

  // ---- operations ----

  @Operation
  public Outcome attempt(
      @Param(name = "owner") int owner,
      @Param(name = "byte") int from,
      @Param(name = "byte") int to,
      @Param(name = "exclusive") boolean exclusive) {
    return table.attempt(Family.RECORD, wanted(owner, from, to, exclusive, new Asked()));
  }

  @Operation(nonParallelGroup = "first")
  public Outcome firstRequests(
      @Param(name = "byte") int from,
      @Param(name = "byte") int to,
      @Param(name = "exclusive") boolean exclusive) {
    return first.request(from, to, exclusive);
  }

  @Operation(nonParallelGroup = "first")
  public boolean firstCancels() {
    return first.cancel();
  }

  @Operation(nonParallelGroup = "second")
  public Outcome secondRequests(
      @Param(name = "byte") int from,
      @Param(name = "byte") int to,
      @Param(name = "exclusive") boolean exclusive) {
    return second.request(from, to, exclusive);
  }

  @Operation(nonParallelGroup = "second")
  public boolean secondCancels() {
    return second.cancel();
  }

  @Operation
  public void unlock(
      @Param(name = "owner") int owner,
      @Param(name = "byte") int from,
      @Param(name = "byte") int to) {
    table.unlock(Family.RECORD, ownerOf(owner), Math.min(from, to), Math.max(from, to));
  }

  @Operation
  public void close(@Param(name = "owner") int owner) {
    table.closed("through " + owner, new LockOwner.OfProcess("session", owner));
  }

  @Operation
  public String conflict(@Param(name = "owner") int owner, @Param(name = "byte") int at) {
    return String.valueOf(
        table.conflict(Family.RECORD, ownerOf(owner), range(owner, at, at, true)));
  }

  @Operation
  public String held() {
    return table.held(Family.RECORD).toString();
  }

  @Operation
  public int waiting() {
    return table.waiting(Family.RECORD);
  }

  /** When all threads are done. */
  @Validate
  public void waitsAreToldOnce() {
    int over = 0;
    int queued = 0;
    for (Waiter waiter : List.of(first, second)) {
      for (Asked asked : waiter.all) {
        int told = asked.told.get();
        boolean mayBeTold = asked.outcome == Outcome.QUEUED && !asked.withdrawn;
        if (told > (mayBeTold ? 1 : 0)) {
          throw new IllegalStateException(asked.outcome + " and told " + told + " times");
        }
        queued += mayBeTold ? 1 : 0;
        over += told;
      }
    }
    if (queued - over != table.waiting(Family.RECORD)) {
      throw new IllegalStateException(queued + " queued, " + over + " told, others still wait");
    }
  }

  // ---- tests ----

  /**
   * Every switch between threads that there can be, up to a bound: minutes, most of them to begin.
   */
  @Test
  @EnabledIfSystemProperty(named = "coterie.full", matches = "true")
  void threads_inEveryOrder_areLinearizable() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(300)
        .threads(3)
        .actorsPerThread(3)
        .check(getClass());
  }

  @Test
  void threads_atFullSpeed_areLinearizable() {
    new StressOptions()
        .iterations(FULL ? 100 : 10)
        .invocationsPerIteration(FULL ? 10_000 : 1000)
        .threads(3)
        .actorsPerThread(3)
        .check(getClass());
  }
}
