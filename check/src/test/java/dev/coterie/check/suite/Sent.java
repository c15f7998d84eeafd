package dev.coterie.check.suite;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An operation that can have to wait; its answer, or the name of its error. */
record Sent(Ticket ticket, CompletableFuture<Object> end) {
  /** When this returns it waits, or is over. */
  static <R> Sent of(Actor one, Operation<R> operation) throws ErrnoException {
    Sent sent = send(one, operation);
    one.service().root(one.caller()); // answered behind it
    return sent;
  }

  static <R> Sent send(Actor one, Operation<R> operation) {
    CompletableFuture<Object> end = new CompletableFuture<>();
    Ticket ticket =
        one.service()
            .submit(
                one.caller(),
                operation,
                new Completion<R>() {
                  @Override
                  public void done(R result) {
                    end.complete(result);
                  }

                  @Override
                  public void failed(Errno errno) {
                    end.complete(errno.name());
                  }
                });
    return new Sent(ticket, end);
  }

  Object ended() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }

  boolean waits() {
    return !end.isDone();
  }
}
