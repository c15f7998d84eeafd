package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Ticket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operations that are done one after the other, in one round trip if they fit into one message.
 *
 * <pre>{@code
 * Together entry = tree.together(me);
 * entry.add(new Operation.Lock(file, lock, true));
 * Together.Step<Integer> count = entry.add(new Operation.Read(file, 0, buffer));
 * entry.run();                                  // waits for the lock, then reads
 * buffer.flip();
 * }</pre>
 *
 * <p>Each takes effect as if it had been called alone when the one before it had returned; others
 * may come in between. The first that fails is the last: what was done before it stays, and those
 * after it were not begun. There is no transaction.
 *
 * <p>What does not go along with others (it is too long, waits behind others, closes a handle that
 * is in use, is about leases or keys; or the client keeps copies) is done by messages of its own,
 * in its place. An operation uses handles and inodes that there were before; what one opens is for
 * the next time.
 *
 * <p>For one thread, and once.
 */
public final class Together {
  /** How much less data one operation moves than alone, in bytes: what is around it. */
  static final int OVERHEAD_BYTES = 64;

  /** One of the operations. */
  public static final class Step<R> {
    private final Operation<R> operation; // immutable
    private @Nullable R result;
    private @Nullable Errno errno;

    private Step(Operation<R> operation) {
      this.operation = operation;
    }

    /** Whether it was done. */
    public boolean isDone() {
      return result != null;
    }

    /**
     * Its answer.
     *
     * @throws ErrnoException what it failed with
     * @throws IllegalStateException it was not begun
     */
    public R answer() throws ErrnoException {
      if (errno != null) {
        throw new ErrnoException(errno, operation.label());
      }
      if (result == null) {
        throw new IllegalStateException("not begun: " + operation.label());
      }
      return result;
    }

    private void end(@Nullable R answer, @Nullable Errno failure) {
      result = answer;
      errno = failure;
    }

    Operation<R> operation() {
      return operation;
    }
  }

  private final Client client; // immutable
  private final Caller caller; // immutable
  private final List<Step<?>> steps = new ArrayList<>();
  private int done; // steps before it
  private boolean begun;

  Together(Client client, Caller caller) {
    this.client = client;
    this.caller = caller;
  }

  /** Adds an operation, to be done after those that were added before. */
  public <R> Step<R> add(Operation<R> operation) {
    requireNew();
    Step<R> step = new Step<>(operation);
    steps.add(step);
    return step;
  }

  private void requireNew() {
    if (begun) {
      throw new IllegalStateException("begun before");
    }
  }

  /** How many were done: the index of the first that was not. */
  public int done() {
    return done;
  }

  /**
   * Does them, and waits until they are done.
   *
   * @throws ErrnoException that of the first that failed, whose index {@link #done} is; EINTR this
   *     thread was interrupted
   */
  public void run() throws ErrnoException {
    requireNew();
    begun = true;
    while (done < steps.size()) {
      if (!runTogether()) {
        runAlone(steps.get(done));
      }
      throwFailure();
    }
  }

  private void throwFailure() throws ErrnoException {
    if (done < steps.size() && steps.get(done).errno != null) {
      steps.get(done).answer();
    }
  }

  private <R> void runAlone(Step<R> step) throws ErrnoException {
    try {
      step.end(client.call(caller, step.operation), null);
      done++;
    } catch (ErrnoException e) {
      step.end(null, e.errno());
      throw e;
    }
  }

  /** False: the next one goes alone. */
  private boolean runTogether() throws ErrnoException {
    List<Call<?>> parts = parts();
    if (parts.isEmpty()) {
      return false;
    }
    Call<Done> call = Call.together(client.connection(), parts, null);
    try {
      client.connection().run(caller, call, null);
      call.answer();
    } catch (ErrnoException e) {
      if (wasNotMade(parts)) {
        return false;
      }
      steps.get(done).end(null, e.errno());
      throw e;
    }
    take(parts);
    return true;
  }

  private static boolean wasNotMade(List<Call<?>> parts) {
    return parts.getFirst().replyType == 0;
  }

  private List<Call<?>> parts() {
    int count = client.keepsCopies() ? 0 : client.packing().count(caller, steps, done);
    List<Call<?>> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      parts.add(part(steps.get(done + i).operation));
    }
    return parts;
  }

  private <R> Call<R> part(Operation<R> operation) {
    return new Call<>(client.connection(), operation, null);
  }

  private void take(List<Call<?>> parts) {
    for (int i = 0; i < parts.size() && parts.get(i).isAnswered; i++) {
      Step<?> step = steps.get(done);
      take(step, parts.get(i));
      if (step.errno != null) {
        return;
      }
      done++;
    }
  }

  @SuppressWarnings("unchecked") // the part was made of the step
  private static <R> void take(Step<R> step, Call<?> part) {
    try {
      step.end((R) part.answer(), null);
    } catch (ErrnoException e) {
      step.end(null, e.errno());
    }
  }

  // ---- with a completion ----

  /**
   * Begins them.
   *
   * @param completion is told when all are done, or with what the first failed that did
   */
  public Ticket submit(Completion<? super Done> completion) {
    requireNew();
    begun = true;
    Going going = new Going(completion);
    going.next();
    return going;
  }

  /** Goes on whenever a message is answered; what is done at once does not begin the next one. */
  private final class Going implements Ticket {
    private final Completion<? super Done> completion; // immutable
    private Ticket waiting = Ticket.DONE; // guarded by this
    private int begins; // guarded by this: how often something was begun
    private boolean cancelled; // guarded by this
    private boolean stepping; // guarded by this
    private boolean again; // guarded by this

    Going(Completion<? super Done> completion) {
      this.completion = completion;
    }

    void next() {
      synchronized (this) {
        again = true;
        if (stepping) {
          return;
        }
        stepping = true;
      }
      while (mayStep()) {
        step();
      }
    }

    private synchronized boolean mayStep() {
      stepping = again;
      again = false;
      return stepping;
    }

    private void step() {
      Step<?> step = done < steps.size() ? steps.get(done) : null;
      if (step == null) {
        completion.done(Done.DONE);
        return;
      }
      Errno failure = step.errno;
      if (failure == null && isCancelled()) {
        failure = Errno.EINTR;
        step.end(null, failure);
      }
      if (failure != null) {
        completion.failed(failure);
      } else if (!submitTogether()) {
        submitAlone(step);
      }
    }

    private synchronized boolean isCancelled() {
      return cancelled;
    }

    private synchronized int begin() {
      waiting = Ticket.DONE;
      return ++begins;
    }

    /** Notes what a cancel is to give up, unless that is over and the next one begun. */
    private void keep(int number, Ticket ticket) {
      boolean cancelNow;
      synchronized (this) {
        if (number != begins) {
          return;
        }
        waiting = ticket;
        cancelNow = cancelled;
      }
      if (cancelNow) {
        ticket.cancel();
      }
    }

    private <R> void submitAlone(Step<R> step) {
      int number = begin();
      keep(
          number,
          client.submit(
              caller,
              step.operation,
              new Completion<R>() {
                @Override
                public void done(R result) {
                  step.end(result, null);
                  done++;
                  next();
                }

                @Override
                public void failed(Errno errno) {
                  step.end(null, errno);
                  next();
                }
              }));
    }

    /** False: the next one goes alone. */
    private boolean submitTogether() {
      List<Call<?>> parts = parts();
      if (parts.isEmpty()) {
        return false;
      }
      Call<Done> call = Call.together(client.connection(), parts, new Answered(this, parts));
      int number = begin();
      try {
        client.connection().start(caller, call);
      } catch (ErrnoException e) {
        if (wasNotMade(parts)) {
          return false;
        }
        steps.get(done).end(null, e.errno());
        next();
        return true;
      }
      keep(number, call);
      return true;
    }

    @Override
    public boolean cancel() {
      Ticket ticket;
      synchronized (this) {
        cancelled = true;
        ticket = waiting;
      }
      ticket.cancel();
      return false;
    }
  }

  private final class Answered implements Completion<Done> {
    private final Going going; // immutable
    private final List<Call<?>> parts; // immutable

    Answered(Going going, List<Call<?>> parts) {
      this.going = going;
      this.parts = parts;
    }

    @Override
    public void done(Done result) {
      take(parts);
      going.next();
    }

    @Override
    public void failed(Errno errno) {
      steps.get(done).end(null, errno);
      going.next();
    }
  }
}
