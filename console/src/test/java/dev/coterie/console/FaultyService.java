package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Services with the faults that the demos are there to find. One instance for each session. */
abstract class FaultyService implements FileService {
  private static final long WINDOW_NANOS = 20_000;

  final FileService right;

  FaultyService(FileService right) {
    this.right = right;
  }

  @Override
  public void close() {
    right.close();
  }

  /** Makes room for another process between two halves of what should be one step. */
  static void window() {
    LockSupport.parkNanos(WINDOW_NANOS);
  }

  /** Goes on with the answer, and hands an error to who asked in the beginning. */
  static <R> Completion<R> then(Completion<?> asked, Consumer<R> next) {
    return new Completion<>() {
      @Override
      public void done(R result) {
        next.accept(result);
      }

      @Override
      public void failed(Errno errno) {
        asked.failed(errno);
      }
    };
  }

  /** The completion of an operation whose answer has a type that is known by its class. */
  @SuppressWarnings("unchecked")
  static <R> Completion<R> of(Completion<?> completion) {
    return (Completion<R>) completion;
  }

  /** Appends by looking where the end is, then writing there: another's record may come between. */
  static final class TornAppend extends FaultyService {
    private final Map<Long, InodeId> appending = new ConcurrentHashMap<>();

    TornAppend(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return switch (operation) {
        case Operation.Create(var dir, var name, var flags, var mode)
            when (flags & OpenFlags.O_APPEND) != 0 ->
            right.submit(
                caller,
                new Operation.Create(dir, name, flags & ~OpenFlags.O_APPEND, mode),
                remembering(of(completion)));
        case Operation.Open(var id, var flags) when (flags & OpenFlags.O_APPEND) != 0 ->
            right.submit(
                caller,
                new Operation.Open(id, flags & ~OpenFlags.O_APPEND),
                remembering(of(completion)));
        case Operation.WriteNext(var handle, var source) when appending.containsKey(handle) ->
            append(caller, handle, source, of(completion));
        default -> right.submit(caller, operation, completion);
      };
    }

    private Completion<Opened> remembering(Completion<Opened> completion) {
      return then(
          completion,
          opened -> {
            appending.put(opened.handle(), opened.stat().id());
            completion.done(opened);
          });
    }

    private Ticket append(
        Caller caller, long handle, ByteBuffer source, Completion<Transferred> completion) {
      InodeId id = appending.getOrDefault(handle, new InodeId(0, 0));
      return right.submit(
          caller,
          new Operation.Getattr(id),
          FaultyService.<Stat>then(
              completion,
              stat -> {
                window();
                right.submit(
                    caller,
                    new Operation.Write(handle, stat.size(), source),
                    FaultyService.<Integer>then(
                        completion, count -> completion.done(new Transferred(stat.size(), count))));
              }));
    }
  }

  /** Writes at the shared offset by reading it, writing, and moving it: three steps. */
  static final class TornOffset extends FaultyService {
    TornOffset(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return operation instanceof Operation.WriteNext(long handle, ByteBuffer source)
          ? write(caller, handle, source, of(completion))
          : right.submit(caller, operation, completion);
    }

    private Ticket write(
        Caller caller, long handle, ByteBuffer source, Completion<Transferred> completion) {
      return right.submit(
          caller,
          new Operation.Seek(handle, Whence.CUR, 0),
          FaultyService.<Long>then(
              completion,
              offset -> {
                window();
                right.submit(
                    caller,
                    new Operation.Write(handle, offset, source),
                    FaultyService.<Integer>then(
                        completion,
                        count ->
                            right.submit(
                                caller,
                                new Operation.Seek(handle, Whence.SET, offset + count),
                                FaultyService.<Long>then(
                                    completion,
                                    moved -> completion.done(new Transferred(offset, count))))));
              }));
    }
  }

  /** Right, and tells that something is written. */
  static final class Telling extends FaultyService {
    private final CountDownLatch writing;

    Telling(FileService right, CountDownLatch writing) {
      super(right);
      this.writing = writing;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.WriteNext) {
        writing.countDown();
      }
      return right.submit(caller, operation, completion);
    }
  }

  /** Says of every lock that it is there. */
  static final class NoLocks extends FaultyService {
    NoLocks(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lock)) {
        return right.submit(caller, operation, completion);
      }
      Completion<Operation.Done> asked = of(completion);
      asked.done(Operation.Done.DONE);
      return Ticket.DONE;
    }
  }

  /** Locks of handles as flock(2) has them: they exclude each other, and no locks of processes. */
  static final class KindsApart extends FaultyService {
    KindsApart(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.Lock(var handle, var lock, var waits)
          && lock.kind() == RangeLock.Kind.OFD) {
        RangeLock apart = RangeLock.whole(RangeLock.Kind.FLOCK, lock.type());
        Completion<Operation.Done> asked = of(completion);
        return right.submit(caller, new Operation.Lock(handle, apart, waits), asked);
      }
      return right.submit(caller, operation, completion);
    }
  }

  /** Answers what it once knew of a file. */
  static final class StaleStat extends FaultyService {
    private final Map<InodeId, Stat> known = new ConcurrentHashMap<>();

    StaleStat(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lookup) && !(operation instanceof Operation.Getattr)) {
        return right.submit(caller, operation, completion);
      }
      Completion<Stat> asked = of(completion);
      return right.submit(
          caller,
          operation,
          then(
              completion,
              answer -> {
                Stat stat = (Stat) answer;
                Stat old = known.putIfAbsent(stat.id(), stat);
                asked.done(old == null || stat.isDirectory() ? stat : old);
              }));
    }
  }

  /** Answers what was once in a directory. */
  static final class StaleList extends FaultyService {
    private final Map<Long, List<DirEntry>> known = new ConcurrentHashMap<>();

    StaleList(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Readdir readdir)) {
        return right.submit(caller, operation, completion);
      }
      Completion<List<DirEntry>> asked = of(completion);
      return right.submit(
          caller,
          readdir,
          FaultyService.<List<DirEntry>>then(
              completion,
              entries -> {
                List<DirEntry> old = known.putIfAbsent(readdir.cookie(), entries);
                asked.done(old == null ? entries : old);
              }));
    }
  }
}
