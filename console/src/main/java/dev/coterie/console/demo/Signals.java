package dev.coterie.console.demo;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Event sets and event counters as a process of a demo uses them. */
final class Signals {
  /** How long what must come may take before it counts as lost. */
  static final int ANSWER_MS = 10_000;

  private static final int EVENTS = 64;

  private final FileService service;
  private final Caller caller;

  Signals(Tree tree) {
    this.service = tree.service();
    this.caller = tree.caller();
  }

  long set() throws ErrnoException {
    return service.evset(caller).handle();
  }

  /** A counter that nobody waits at: what waits for it is a set. */
  long counter() throws ErrnoException {
    return service.eventfd(caller, 0, OpenFlags.O_NONBLOCK).handle();
  }

  void watch(long set, long handle, int mask, long data) throws ErrnoException {
    service.evctl(caller, set, Control.ADD, handle, mask, data);
  }

  void unwatch(long set, long handle) throws ErrnoException {
    service.evctl(caller, set, Control.DEL, handle, 0, 0);
  }

  /** What is ready; empty: the time is up, or this thread was interrupted, which is over then. */
  List<Event> await(long set, int timeoutMs) throws ErrnoException {
    try {
      return service.evwait(caller, set, EVENTS, timeoutMs);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINTR && Thread.interrupted()) {
        return List.of();
      }
      throw e;
    }
  }

  void put(long counter, long number) throws ErrnoException {
    ByteBuffer eight = eight().putLong(0, number);
    service.callUndisturbed(caller, new Operation.WriteNext(counter, eight));
  }

  /** What is in a counter; 0: nothing. */
  long take(long counter) throws ErrnoException {
    ByteBuffer eight = eight();
    try {
      service.callUndisturbed(caller, new Operation.ReadNext(counter, eight));
      return eight.getLong(0);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN) {
        return 0;
      }
      throw e;
    }
  }

  private static ByteBuffer eight() {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  String share(long handle) throws ErrnoException {
    return service.share(caller, handle).toSecret();
  }

  long taken(String secret) throws ErrnoException {
    return service.take(caller, Token.ofSecret(secret)).handle();
  }

  void close(long handle) throws ErrnoException {
    service.close(caller, handle);
  }

  /** Submits what may wait, and comes back when it does. */
  <R> CompletableFuture<R> begin(Operation<R> operation) throws ErrnoException {
    CompletableFuture<R> answer = new CompletableFuture<>();
    service.submit(
        caller,
        operation,
        new Completion<R>() {
          @Override
          public void done(R result) {
            answer.complete(result);
          }

          @Override
          public void failed(Errno errno) {
            answer.completeExceptionally(new ErrnoException(errno, operation.label()));
          }
        });
    service.root(caller); // what was submitted before has been begun when this is answered
    return answer;
  }
}
