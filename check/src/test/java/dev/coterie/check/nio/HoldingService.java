package dev.coterie.check.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A leader's sessions with something in the way: while held, operations of one kind wait until they
 * are let go or cancelled.
 */
final class HoldingService {
  private volatile Predicate<Operation<?>> holding = operation -> false;
  private final Queue<Held<?>> held = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /** Waits until it is let go or cancelled; one of the two wins. */
  private final class Held<R> implements Ticket {
    private final FileService service;
    private final Caller caller;
    private final Operation<R> operation;
    private final Completion<? super R> completion;
    private final AtomicBoolean over = new AtomicBoolean();

    Held(
        FileService service,
        Caller caller,
        Operation<R> operation,
        Completion<? super R> completion) {
      this.service = service;
      this.caller = caller;
      this.operation = operation;
      this.completion = completion;
      waiting.incrementAndGet();
    }

    void letGo() {
      if (over.compareAndSet(false, true)) {
        waiting.decrementAndGet();
        service.submit(caller, operation, completion);
      }
    }

    @Override
    public boolean cancel() {
      if (!over.compareAndSet(false, true)) {
        return false;
      }
      waiting.decrementAndGet();
      completion.failed(Errno.EINTR);
      return true;
    }

    void end() {
      if (over.compareAndSet(false, true)) {
        waiting.decrementAndGet();
        completion.failed(Errno.ESTALE);
      }
    }
  }

  /** For {@code Leader.Builder.decorate}. */
  UnaryOperator<FileService> decorator() {
    return Session::new;
  }

  private final class Session implements FileService {
    private final FileService service;

    Session(FileService service) {
      this.service = service;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!holding.test(operation)) {
        return service.submit(caller, operation, completion);
      }
      Held<R> request = new Held<>(service, caller, operation, completion);
      held.add(request);
      return request;
    }

    @Override
    public void close() {
      held.stream().filter(request -> request.service.equals(service)).forEach(Held::end);
      service.close();
    }
  }

  /** From now on these wait. */
  void hold(Predicate<Operation<?>> which) {
    holding = which;
  }

  /** Lets go what waits, and whatever comes. */
  void letGo() {
    holding = operation -> false;
    for (Held<?> request = held.poll(); request != null; request = held.poll()) {
      request.letGo();
    }
  }

  /** Operations that wait now. */
  int waiting() {
    return waiting.get();
  }
}
