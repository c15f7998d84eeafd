package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pending;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The offsets of the files that this client has opened, as long as nobody else has those. Reading
 * and writing at one is reading and writing at a place, with all that copies make of it, and to
 * move one costs nothing.
 *
 * <p>No lease is needed for that: another session comes to a handle by a token alone, and a token
 * is made by who has the handle. Before he does, the leader is told the offset, and has it from
 * then on.
 */
final class Offsets {
  /** Up to here any file system lets one seek; behind it the leader is asked. */
  private static final long EVERYWHERE = Integer.MAX_VALUE;

  /** What is sent below, and what its answer means; null: something else is to be sent. */
  private record Step<R, S>(Operation<S> sent, Reply<R, S> reply) {
    interface Reply<R, S> {
      @Nullable R of(S answer) throws ErrnoException;
    }
  }

  private final FileService below; // immutable: all but offsets
  private final Reading reading; // immutable
  private final WriteBack writeBack; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies

  /** For threads that find another's turn: they wait in the queue of those that submit. */
  private final FileService queued =
      new FileService() {
        @Override
        public <R> Ticket submit(
            Caller caller, Operation<R> operation, Completion<? super R> completion) {
          Handle handle = own(operation);
          return handle == null
              ? below.submit(caller, operation, completion)
              : Offsets.this.submit(handle, caller, operation, completion);
        }

        @Override
        public void close() {}
      };

  Offsets(
      FileService below,
      Reading reading,
      WriteBack writeBack,
      ConcurrentHashMap<Long, Handle> handles) {
    this.below = below;
    this.reading = reading;
    this.writeBack = writeBack;
    this.handles = handles;
  }

  /** The handle whose offset is here and matters to the operation; null: none. */
  @Nullable Handle own(Operation<?> operation) {
    return switch (operation) {
      case Operation.ReadNext o -> own(o.handle());
      case Operation.WriteNext o -> own(o.handle());
      case Operation.Seek o -> own(o.handle());
      case Operation.SetFlags o -> own(o.handle()); // O_APPEND says where the next write goes
      case Operation.Share o -> own(o.handle());
      default -> null;
    };
  }

  private @Nullable Handle own(long number) {
    Handle handle = handles.get(number);
    return handle == null || handle.position == null || handle.position.shared ? null : handle;
  }

  // ---- called ----

  <R> R call(Handle handle, Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    Turn<R> turn = new Turn<>(handle, caller, operation);
    if (!turn.position.tryTake()) {
      return pending == null
          ? queued.call(caller, operation)
          : queued.call(caller, operation, pending);
    }
    try {
      R answer = turn.here();
      while (answer == null) {
        answer = ask(caller, turn.step(), pending);
      }
      return answer;
    } finally {
      turn.position.release();
    }
  }

  private <R, S> @Nullable R ask(Caller caller, Step<R, S> step, @Nullable Pending pending)
      throws ErrnoException {
    S answer =
        pending == null
            ? below.call(caller, step.sent())
            : below.call(caller, step.sent(), pending);
    return step.reply().of(answer);
  }

  // ---- submitted ----

  <R> Ticket submit(
      Handle handle, Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Turn<R> turn = new Turn<>(handle, caller, operation);
    Completion<R> end = turn.ending(completion);
    if (turn.position.tryTake()) {
      return submit(turn, end);
    }
    Later later = new Later(end::failed);
    turn.position.take(later.then(() -> submit(turn, end)));
    return later;
  }

  private <R> Ticket submit(Turn<R> turn, Completion<R> end) {
    R answer;
    try {
      answer = turn.here();
    } catch (ErrnoException e) {
      end.failed(e.errno());
      return Ticket.DONE;
    }
    if (answer == null) {
      return submit(turn, turn.step(), end);
    }
    end.done(answer);
    return Ticket.DONE;
  }

  private <R, S> Ticket submit(Turn<R> turn, Step<R, S> step, Completion<R> end) {
    return below.submit(
        turn.caller,
        step.sent(),
        new Completion<S>() {
          @Override
          public void done(S result) {
            R answer;
            try {
              answer = step.reply().of(result);
            } catch (ErrnoException e) {
              end.failed(e.errno());
              return;
            }
            if (answer == null) {
              submit(turn, turn.step(), end);
            } else {
              end.done(answer);
            }
          }

          @Override
          public void failed(Errno errno) {
            end.failed(errno);
          }
        });
  }

  // ---- one turn ----

  /** What one operation does while it has the turn. */
  private final class Turn<R> {
    final Position position; // immutable
    final Caller caller; // immutable
    private final Handle handle; // immutable
    private final Operation<R> operation; // immutable
    private boolean asksForPlace; // only the leader knows whether that is one

    Turn(Handle handle, Caller caller, Operation<R> operation) {
      if (handle.position == null) {
        throw new AssertionError("the offset is not here");
      }
      this.position = handle.position;
      this.handle = handle;
      this.caller = caller;
      this.operation = operation;
    }

    /** The turn is over when it is told, so that who is told can have the next. */
    Completion<R> ending(Completion<? super R> completion) {
      return new Completion<R>() {
        @Override
        public void done(R result) {
          end(() -> completion.done(result));
        }

        @Override
        public void failed(Errno errno) {
          end(() -> completion.failed(errno));
        }
      };
    }

    private void end(Runnable told) {
      boolean passes = position.end();
      try {
        told.run();
      } finally {
        if (passes) {
          position.pass();
        }
      }
    }

    /** Null: it takes a step. */
    @SuppressWarnings("unchecked") // each answers what its operation does
    @Nullable R here() throws ErrnoException {
      return operation instanceof Operation.Seek seek && !position.shared ? (R) here(seek) : null;
    }

    private @Nullable Long here(Operation.Seek seek) throws ErrnoException {
      long base =
          switch (seek.whence()) {
            case SET -> 0;
            case CUR -> position.offset;
            case END -> size();
            case DATA, HOLE -> -1;
          };
      return base < 0 ? null : moveTo(base + seek.offset());
    }

    private long size() {
      long kept = writeBack.size(handle.node);
      return kept >= 0 ? kept : reading.size(handle.node);
    }

    /** A sum too large is negative and so EINVAL, as Linux has it. Null: the leader is asked. */
    private @Nullable Long moveTo(long place) throws ErrnoException {
      if (place < 0) {
        throw new ErrnoException(Errno.EINVAL, "seek");
      }
      if (place > EVERYWHERE && place != position.offset) {
        asksForPlace = true;
        return null;
      }
      position.offset = place;
      return place;
    }

    /** The next; it may answer null, and then there is one more. */
    @SuppressWarnings("unchecked") // each answers what its operation does
    Step<R, ?> step() {
      if (position.shared) {
        return plain();
      }
      Step<?, ?> step =
          switch (operation) {
            case Operation.ReadNext o ->
                new Step<Transferred, Integer>(
                    new Operation.Read(o.handle(), position.offset, o.destination()), this::moved);
            case Operation.WriteNext o -> write(o);
            case Operation.Seek o -> seek(o);
            case Operation.Share o when position.told != position.offset -> tell(o);
            case Operation.Share _ -> {
              position.shared = true; // before there is a token
              yield plain();
            }
            default -> plain();
          };
      return (Step<R, ?>) step;
    }

    private Step<R, R> plain() {
      return new Step<>(operation, answer -> answer);
    }

    private Transferred moved(int count) {
      long at = position.offset;
      position.offset = at + count;
      return new Transferred(at, count);
    }

    /** Also what is appended is refused where the offset is too large, as by rw_verify_area. */
    private Step<Transferred, ?> write(Operation.WriteNext o) {
      boolean fits = position.offset + o.source().remaining() >= 0;
      if (!handle.appends() || !fits) {
        return new Step<Transferred, Integer>(
            new Operation.Write(o.handle(), position.offset, o.source()), this::moved);
      }
      return new Step<>(
          new Operation.Append(o.handle(), o.source()),
          moved -> {
            if (moved.count() > 0) {
              position.offset = moved.offset() + moved.count();
            }
            return moved;
          });
    }

    private Step<Long, ?> seek(Operation.Seek o) {
      if (o.whence() == Whence.END && !asksForPlace) {
        return new Step<Long, Stat>(
            new Operation.Getattr(handle.node.id), stat -> moveTo(stat.size() + o.offset()));
      }
      return seek(
          o.whence() == Whence.CUR
              ? new Operation.Seek(o.handle(), Whence.SET, position.offset + o.offset())
              : o,
          place -> {
            position.offset = place;
            return place;
          });
    }

    /** At the leader, whose offset is not known if that fails. */
    private <S> Step<S, Long> seek(Operation.Seek o, Step.Reply<S, Long> reply) {
      position.told = -1;
      return new Step<>(
          o,
          place -> {
            position.told = place;
            return reply.of(place);
          });
    }

    /** Before others have the handle too. */
    private Step<R, Long> tell(Operation.Share o) {
      return seek(new Operation.Seek(o.handle(), Whence.SET, position.offset), place -> null);
    }
  }
}
