package dev.coterie.check.leader;

import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Stands before the operations of every session and keeps those that a test names, as a recall of
 * leases would: they use no thread and can be cancelled. Also counts what went through.
 */
final class Gate implements UnaryOperator<FileService> {
  private static final Duration SOON = Duration.ofSeconds(60);

  private volatile Predicate<Operation<?>> keeps = operation -> false;
  private volatile Predicate<Operation<?>> keepsAnswers = operation -> false;
  private volatile Runnable before = () -> {};
  private final List<Held<?>> held = new CopyOnWriteArrayList<>();
  private final List<Runnable> answers = new CopyOnWriteArrayList<>();
  private final List<Operation<?>> passed = new CopyOnWriteArrayList<>();

  /** From now on keeps these operations. */
  void keep(Predicate<Operation<?>> which) {
    keeps = which;
  }

  /** From now on lets these operations be done, and keeps their answers: as if they still ran. */
  void keepAnswers(Predicate<Operation<?>> which) {
    keepsAnswers = which;
  }

  void keepNothing() {
    keeps = operation -> false;
    keepsAnswers = operation -> false;
  }

  /** Runs this on the thread that submits an operation which is kept, once it is kept. */
  void onKept(Runnable action) {
    before = action;
  }

  /** What is kept now, oldest first. */
  List<Held<?>> held() {
    return held;
  }

  void awaitHeld(int count) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> held.size() == count);
  }

  void awaitAnswers(int count) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> answers.size() == count);
  }

  /** Gives the answers that are kept, on another thread, and waits until that is done. */
  void releaseAnswers() {
    List<Runnable> all = List.copyOf(answers);
    answers.clear();
    Threads.inOther(() -> all.forEach(Runnable::run));
  }

  /** Operations that were let through to the session. */
  List<Operation<?>> passed() {
    return passed;
  }

  /** Lets all go ahead that is kept, on this thread; what comes later may be kept again. */
  void release() {
    for (Held<?> one : held) {
      one.release();
    }
  }

  @Override
  public FileService apply(FileService session) {
    return new Gated(session);
  }

  private final class Gated implements FileService {
    private final FileService session;

    Gated(FileService session) {
      this.session = session;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!keeps.test(operation)) {
        passed.add(operation);
        boolean answer = keepsAnswers.test(operation);
        Ticket ticket =
            session.submit(caller, operation, answer ? new Kept<R>(completion) : completion);
        return answer ? () -> false : ticket;
      }
      Held<R> one = new Held<>(Gate.this, this, caller, operation, completion);
      held.add(one);
      before.run();
      return one;
    }

    @Override
    public void close() {
      for (Held<?> one : new ArrayList<>(held)) {
        if (one.of == this) {
          one.end(Errno.ESTALE);
        }
      }
      session.close();
    }
  }

  private final class Kept<R> implements Completion<R> {
    private final Completion<? super R> completion;

    Kept(Completion<? super R> completion) {
      this.completion = completion;
    }

    @Override
    public void done(R result) {
      answers.add(() -> completion.done(result));
    }

    @Override
    public void failed(Errno errno) {
      answers.add(() -> completion.failed(errno));
    }
  }

  /** An operation that is kept until it is released, cancelled, or its session ends. */
  static final class Held<R> implements Ticket {
    private final Gate gate;
    private final Gated of;
    private final Caller caller;
    private final Operation<R> operation;
    private final Completion<? super R> completion;
    private boolean over; // guarded by this

    private Held(
        Gate gate,
        Gated of,
        Caller caller,
        Operation<R> operation,
        Completion<? super R> completion) {
      this.gate = gate;
      this.of = of;
      this.caller = caller;
      this.operation = operation;
      this.completion = completion;
    }

    Operation<R> operation() {
      return operation;
    }

    private synchronized boolean finish() {
      boolean first = !over;
      over = true;
      return first;
    }

    /** Goes ahead on this thread; false if it was cancelled. */
    boolean release() {
      if (!finish()) {
        return false;
      }
      gate.held.remove(this);
      gate.passed.add(operation);
      of.session.submit(caller, operation, completion);
      return true;
    }

    boolean end(Errno errno) {
      if (!finish()) {
        return false;
      }
      gate.held.remove(this);
      completion.failed(errno);
      return true;
    }

    @Override
    public boolean cancel() {
      return end(Errno.EINTR);
    }
  }
}
