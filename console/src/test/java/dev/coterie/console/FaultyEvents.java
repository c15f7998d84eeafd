package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Services with the faults that the demos of events are there to find. */
final class FaultyEvents {
  private FaultyEvents() {}

  /** Some answers are changed before they are given. */
  abstract static class Changed extends FaultyService {
    private static final int EACH = 7;

    private final AtomicInteger answers = new AtomicInteger();

    Changed(FileService right) {
      super(right);
    }

    /** Now and then is its turn; the first time too, as one answer may tell all there is. */
    boolean isTurn() {
      return answers.getAndIncrement() % EACH == 0;
    }

    <R> Ticket changing(
        Caller caller, Operation<R> operation, Completion<?> completion, UnaryOperator<R> change) {
      Completion<R> asked = of(completion);
      return right.submit(caller, operation, then(completion, r -> asked.done(change.apply(r))));
    }
  }

  /** Says that the time is up, and has taken the reports. */
  static final class Swallowing extends Changed {
    Swallowing(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return operation instanceof Operation.Evwait wait && wait.timeoutMs() >= 0
          ? this.<List<Event>>changing(
              caller, wait, completion, all -> !all.isEmpty() && isTurn() ? List.of() : all)
          : right.submit(caller, operation, completion);
    }
  }

  /** Reports once more what it has reported. */
  static final class Doubling extends Changed {
    Doubling(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return operation instanceof Operation.Evwait wait
          ? this.<List<Event>>changing(caller, wait, completion, this::twice)
          : right.submit(caller, operation, completion);
    }

    private List<Event> twice(List<Event> all) {
      List<Event> more = new ArrayList<>(all);
      more.addAll(!all.isEmpty() && isTurn() ? all : List.of());
      return more;
    }
  }

  /** Adds two to a counter where it was to be three. */
  static final class Miscounting extends FaultyService {
    Miscounting(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.WriteNext(_, var source)
          && source.remaining() == Long.BYTES) {
        ByteBuffer number = source.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (number.getLong(0) == 3) {
          number.putLong(0, 2);
        }
      }
      return right.submit(caller, operation, completion);
    }
  }

  /** Writes a record in two halves. */
  static final class TornPipe extends FaultyService {
    TornPipe(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.WriteNext(var handle, var source))
          || source.remaining() == Long.BYTES) {
        return right.submit(caller, operation, completion);
      }
      Completion<Transferred> asked = of(completion);
      int half = source.remaining() / 2;
      ByteBuffer first = source.slice(source.position(), half);
      ByteBuffer second = source.slice(source.position() + half, source.remaining() - half);
      return right.submit(
          caller,
          new Operation.WriteNext(handle, first),
          FaultyService.<Transferred>then(
              completion,
              one -> {
                window();
                right.submit(
                    caller,
                    new Operation.WriteNext(handle, second),
                    FaultyService.<Transferred>then(
                        completion,
                        two -> asked.done(new Transferred(0, one.count() + two.count()))));
              }));
    }
  }

  /** Does not tell of some changes. */
  static final class Forgetful extends Changed {
    Forgetful(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return operation instanceof Operation.NextChanges next
          ? this.<List<Change>>changing(
              caller,
              next,
              completion,
              all -> !all.isEmpty() && isTurn() ? all.subList(1, all.size()) : all)
          : right.submit(caller, operation, completion);
    }
  }

  /** Of a process that has gone the locks go too, but not its waits. */
  static final class Undead extends FaultyService {
    private record Held(Caller caller, long handle) {}

    private final ConcurrentLinkedQueue<Held> held = new ConcurrentLinkedQueue<>();

    Undead(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.Lock lock) {
        held.add(new Held(caller, lock.handle()));
      }
      Ticket ticket = right.submit(caller, operation, completion);
      return operation instanceof Operation.Evwait ? () -> false : ticket;
    }

    @Override
    public void close() {
      try {
        for (Held lock : held) {
          RangeLock none = RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.UNLOCK);
          right.lock(lock.caller(), lock.handle(), none, false);
        }
      } catch (ErrnoException e) {
        // Its handle is closed, and the lock went with that.
      }
    }
  }
}
