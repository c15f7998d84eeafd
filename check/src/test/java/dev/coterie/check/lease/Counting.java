package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the operations of a session.
 *
 * @param below whose
 * @param count of them
 */
record Counting(FileService below, AtomicLong count) implements FileService {
  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    count.incrementAndGet();
    return below.submit(caller, operation, completion);
  }

  @Override
  public void close() {
    below.close();
  }
}
