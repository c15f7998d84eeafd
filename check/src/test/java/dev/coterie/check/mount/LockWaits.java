package dev.coterie.check.mount;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.concurrent.atomic.AtomicInteger;

/** A tree of which it is known how many wait for its locks. */
final class LockWaits implements FileService {
  private final FileService inner;
  private final AtomicInteger waiting = new AtomicInteger();

  LockWaits(FileService inner) {
    this.inner = inner;
  }

  int waiting() {
    return waiting.get();
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (!(operation instanceof Operation.Lock)) {
      return inner.submit(caller, operation, completion);
    }
    Completion<R> counted =
        new Completion<>() {
          @Override
          public void done(R result) {
            waiting.decrementAndGet();
            completion.done(result);
          }

          @Override
          public void failed(Errno errno) {
            waiting.decrementAndGet();
            completion.failed(errno);
          }
        };
    Ticket ticket = inner.submit(caller, operation, counted);
    waiting.incrementAndGet(); // only now is it queued
    return ticket;
  }

  @Override
  public void close() {
    inner.close();
  }
}
