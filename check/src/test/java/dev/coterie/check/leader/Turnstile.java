package dev.coterie.check.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Keeps those operations that a test names on the threshold of the tree, and there they cannot be
 * cancelled; also when their session has ended meanwhile they still go in once they are let. For
 * many operations: it remembers none that passed.
 */
final class Turnstile implements UnaryOperator<FileService> {
  private final Predicate<Operation<?>> keeps;
  private final ConcurrentLinkedQueue<Runnable> kept = new ConcurrentLinkedQueue<>();

  Turnstile(Predicate<Operation<?>> keeps) {
    this.keeps = keeps;
  }

  int kept() {
    return kept.size();
  }

  /** Lets go in all that is kept, on this thread. */
  void release() {
    for (Runnable one = kept.poll(); one != null; one = kept.poll()) {
      one.run();
    }
  }

  @Override
  public FileService apply(FileService session) {
    return new FileService() {
      @Override
      public <R> Ticket submit(
          Caller caller, Operation<R> operation, Completion<? super R> completion) {
        if (!keeps.test(operation)) {
          return session.submit(caller, operation, completion);
        }
        kept.add(() -> session.submit(caller, operation, completion));
        return () -> false;
      }

      @Override
      public void close() {
        session.close();
      }
    };
  }
}
