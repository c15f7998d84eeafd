package dev.coterie.check.mount;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tree in which some calls take time.
 *
 * <pre>
 *  reading              waits without a thread, until freed or cancelled
 *  looking for `hold`   keeps the thread that asks until told otherwise
 *  looking for `free`   frees all who wait, and who would from then on
 * </pre>
 */
final class ParkingService implements FileService {
  private final FileService inner;
  private volatile boolean freed; // atomic
  private final List<Parked> parked = new ArrayList<>(); // guarded by itself
  final AtomicInteger cancelled = new AtomicInteger();
  final AtomicInteger holding = new AtomicInteger();
  final CountDownLatch letGo = new CountDownLatch(1);

  /** Ends once. */
  private record Parked(AtomicBoolean ended, Runnable answer) {
    void end() {
      if (ended.compareAndSet(false, true)) {
        answer.run();
      }
    }
  }

  ParkingService(FileService inner) {
    this.inner = inner;
  }

  int waiting() {
    synchronized (parked) {
      return (int) parked.stream().filter(each -> !each.ended.get()).count();
    }
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (operation instanceof Operation.Read && !freed) {
      return park(new AtomicBoolean(), caller, operation, completion);
    }
    if (operation instanceof Operation.Lookup(var dir, var name)) {
      if (name.equals(Name.of("hold"))) {
        hold();
      } else if (name.equals(Name.of("free"))) {
        free();
      }
    }
    return inner.submit(caller, operation, completion);
  }

  private <R> Ticket park(
      AtomicBoolean ended,
      Caller caller,
      Operation<R> operation,
      Completion<? super R> completion) {
    synchronized (parked) {
      parked.add(new Parked(ended, () -> inner.submit(caller, operation, completion)));
    }
    return () -> {
      boolean won = ended.compareAndSet(false, true);
      if (won) {
        cancelled.incrementAndGet();
        completion.failed(Errno.EINTR);
      }
      return won;
    };
  }

  private void hold() {
    holding.incrementAndGet();
    try {
      letGo.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void free() {
    freed = true;
    List<Parked> all;
    synchronized (parked) {
      all = List.copyOf(parked);
    }
    all.forEach(Parked::end);
  }

  @Override
  public void close() {
    inner.close();
  }
}
