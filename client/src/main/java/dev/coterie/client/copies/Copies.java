package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Pending;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A session that answers from its own copies what it may: attributes, names, also absent ones, and
 * the content of files. It asks the service below for shared leases on what is used more than once,
 * and what it answers is what the leader would have answered at a moment between call and return.
 *
 * <p>What others change it learns before their change is answered; it never answers what was so
 * before. When nothing is heard of the leader for {@link Limits#LEASE_MS} it asks again, and the
 * error is the caller's.
 *
 * <p>The offset of a file that it has opened is here until the handle is shared ({@link Offsets}).
 *
 * <p>Three things differ from the service below. What is opened to be read at once ({@link
 * StepsAhead.Content#SOON}) is read with the opening, which marks the access time. A read that is
 * answered from a copy does not mark it: with relatime the read that made the copy has marked it,
 * after the last change; a strictatime of a mount is not kept, that of a handle ({@link
 * dev.coterie.api.OpenFlags#STRICTATIME}) is, as such handles are not answered from copies. And the
 * access time in a copy of attributes may lag behind the reading of others.
 *
 * <p>It may also keep writes back ({@code docs/leases.md}): then their errors come with a later
 * write, fsync or close, what watches is told of them and times are marked when they are written
 * back, and those that no fsync or close has followed are lost with this process.
 *
 * <p>Its leases are its own: who asks for one here gets none, and there is no recall to wait for.
 *
 * <p>No thread of its own: whoever makes it calls {@link #look} at intervals, and the service below
 * completes what is submitted to it in the order in which it was answered, as {@link
 * dev.coterie.client.Client} does.
 */
public final class Copies implements FileService, StepsAhead {
  /** Leases held at most. */
  private static final int LEASES = 16_384;

  private final FileService below; // immutable
  private final Keeper keeper; // immutable
  private final Nodes nodes; // immutable
  private final Reading reading; // immutable
  private final Listings listings; // immutable
  private final Lookups lookups; // immutable
  private final OwnLocks locks; // immutable
  private final Asks asks; // immutable
  private final Walks walks; // immutable
  private final WriteBack writeBack; // immutable
  private final Offsets offsets; // immutable
  private final ConcurrentHashMap<Long, Handle> handles = new ConcurrentHashMap<>();

  /**
   * @param below whom to ask
   * @param bytes of files to keep, at most
   * @param nanoTime a clock that nobody sets, in nanoseconds
   */
  public Copies(FileService below, long bytes, LongSupplier nanoTime) {
    this(below, bytes, nanoTime, 0);
  }

  /**
   * One that may keep writes back, too, so many bytes again.
   *
   * @param keepsFrom which write of a file in a row is the first to be kept back, if it may be; 0:
   *     none
   */
  public Copies(FileService below, long bytes, LongSupplier nanoTime, int keepsFrom) {
    PagePool pool = new PagePool(bytes);
    this.below = below;
    this.keeper = new Keeper(below, nanoTime, LEASES);
    this.nodes = new Nodes(below, keeper, pool);
    this.reading = new Reading(keeper, pool, handles);
    this.listings = new Listings(nodes, keeper, reading, handles);
    this.lookups = new Lookups(nodes, keeper, listings);
    this.locks = new OwnLocks(below, keeper, nodes, handles);
    this.writeBack = new WriteBack(below, keeper, nodes, handles, bytes, keepsFrom);
    this.asks = new Asks(nodes, keeper, reading, listings, locks, writeBack, handles);
    this.walks = new Walks(below, keeper, nodes, asks, writeBack, pool);
    this.offsets = new Offsets(new AtPlaces(), reading, writeBack, handles);
    keeper.start(nodes, locks, writeBack);
  }

  /** To be called each third of {@link Limits#LEASE_MS}, by one thread. */
  public void look() {
    writeBack.look();
    keeper.look();
  }

  /** The connection is lost: no copy is used until the leader has answered by another. */
  public void lost() {
    keeper.stop();
  }

  // ---- from a copy ----

  /** Without an operation being made. */
  @Override
  public Stat getattr(Caller caller, InodeId id) throws ErrnoException {
    Stat stat = stat(id);
    return stat != null ? stat : call(caller, new Operation.Getattr(id));
  }

  /** Without an operation being made. */
  @Override
  public int read(Caller caller, long handle, long offset, ByteBuffer destination)
      throws ErrnoException {
    int count = reading.copied(handle, offset, destination);
    return count >= 0 ? count : call(caller, new Operation.Read(handle, offset, destination));
  }

  /** Null: to be asked for. */
  @SuppressWarnings("unchecked") // each answers what its operation does
  private <R> @Nullable R copied(Caller caller, Operation<R> operation) throws ErrnoException {
    Object answer =
        switch (operation) {
          case Operation.Getattr o -> stat(o.id());
          case Operation.Lookup o -> lookup(caller, o);
          case Operation.Read o -> {
            int count = reading.copied(o.handle(), o.offset(), o.destination());
            yield count < 0 ? null : count;
          }
          case Operation.Readdir o -> listings.copied(caller, o);
          case Operation.Lock o -> locks.lock(caller, o);
          case Operation.GetLock o -> locks.find(o);
          case Operation.Forget o -> {
            nodes.forget(o.id(), o.count());
            yield Done.DONE;
          }
          case Operation.Lease o -> {
            Stat stat = stat(o.id());
            yield stat == null ? null : new Leased(stat, 0);
          }
          case Operation.LeaseNames o -> {
            Stat stat = stat(o.id());
            yield stat == null ? null : new Leased(stat, 0);
          }
          case Operation.ReturnLeases o -> {
            require(o.leases().size() <= Limits.LEASES_PER_MESSAGE, Errno.EINVAL);
            yield Done.DONE;
          }
          case Operation.ReturnLocks o -> {
            require(o.locks().size() <= Limits.LOCKS_PER_RETURN, Errno.EINVAL);
            yield Done.DONE;
          }
          case Operation.NextRecalls o -> {
            require(o.max() > 0, Errno.EINVAL);
            throw new ErrnoException(Errno.EAGAIN);
          }
          case Operation.OnKey<?> o -> throw new ErrnoException(Errno.EOPNOTSUPP);
          case Operation.Link o -> {
            requireReference(o.id());
            requireReference(o.dir());
            yield null;
          }
          case Operation.Rename o -> {
            requireReference(o.dir());
            requireReference(o.newDir());
            yield null;
          }
          case Operation.OnInode<?> o -> {
            requireReference(o.id());
            yield null;
          }
          case Operation.InDirectory<?> o -> {
            requireReference(o.dir());
            yield null;
          }
          case Operation.Open o -> {
            requireReference(o.id());
            yield null;
          }
          case Operation.AddWatch o -> {
            requireReference(o.id());
            yield null;
          }
          default -> null;
        };
    return (R) answer;
  }

  private static void require(boolean condition, Errno otherwise) throws ErrnoException {
    if (!condition) {
      throw new ErrnoException(otherwise);
    }
  }

  /** A reference that only our copies have is none. */
  private void requireReference(InodeId id) throws ErrnoException {
    Node node = nodes.get(id);
    if (node != null && node.idle) {
      throw new ErrnoException(Errno.ESTALE);
    }
  }

  private @Nullable Stat stat(InodeId id) throws ErrnoException {
    Node node = nodes.get(id);
    if (node == null) {
      return null;
    }
    if (node.idle) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return Attributes.of(node, keeper);
  }

  private @Nullable Stat lookup(Caller caller, Operation.Lookup lookup) throws ErrnoException {
    requireReference(lookup.dir());
    return lookups.copied(caller, lookup);
  }

  // ---- from below ----

  @Override
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    return start(caller, operation, null);
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    return start(caller, operation, pending);
  }

  private <R> R start(Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    Handle own = offsets.own(operation);
    return own == null
        ? run(caller, operation, pending)
        : offsets.call(own, caller, operation, pending);
  }

  private <R> R run(Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    R copied = written(caller, operation);
    copied = copied != null ? copied : copied(caller, operation);
    if (copied != null) {
      return copied;
    }
    writeBack.await(operation);
    Node wanted = asks.wants(operation);
    if (wanted != null) {
      lease(caller, asks.lease(wanted, operation), pending);
      copied = written(caller, operation);
      if (copied != null) {
        return copied;
      }
    }
    Ask<Stat, Leased> table = locks.wants(operation);
    if (table != null) {
      lease(caller, table, pending);
      copied = copied(caller, operation);
      if (copied != null) {
        return copied;
      }
    }
    Errno owed = writeBack.owed(operation);
    if (owed != null && !(operation instanceof Operation.Close)) {
      throw new ErrnoException(owed, operation.label());
    }
    Set<InodeId> unwritten = writeBack.unwritten(operation);
    R answer = asked(caller, operation, pending);
    if (owed != null) {
      throw new ErrnoException(owed, operation.label());
    }
    return operation instanceof Operation.Lookup && unwritten.contains(((Stat) answer).id())
        ? fresh(caller, answer)
        : answer;
  }

  private <R> R asked(Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    Ask<R, ?> ask = asks.of(caller, operation);
    writeBack.await(operation); // what was kept back until the change began
    R answer;
    try {
      answer = ask(caller, ask, pending);
    } catch (ErrnoException e) {
      if (!ask.retries() || e.errno() == Errno.EINTR) {
        throw e;
      }
      answer = null;
    }
    if (answer == null) {
      answer = ask(caller, asks.plain(caller, operation), pending);
    }
    if (answer == null) {
      throw new AssertionError("ended without an answer: " + operation.label());
    }
    return answer;
  }

  /** Attributes that came with a name, of an inode of which something was kept back then. */
  @SuppressWarnings("unchecked") // a lookup answers attributes
  private <R> R fresh(Caller caller, R answer) throws ErrnoException {
    Stat found = (Stat) answer;
    try {
      return (R) getattr(caller, found.id());
    } catch (ErrnoException e) {
      forget(caller, found.id(), 1); // nobody is told of it
      throw e;
    }
  }

  /** What a write answers that is kept back; null: it is to be sent. */
  @SuppressWarnings("unchecked") // each answers what its operation does
  private <R> @Nullable R written(Caller caller, Operation<R> operation) throws ErrnoException {
    Object answer = writeBack.keep(caller, operation);
    while (WriteBack.FULL.equals(answer)) {
      writeBack.awaitRoom(operation);
      answer = writeBack.keep(caller, operation);
    }
    return (R) answer;
  }

  /** Without one is right too. */
  private void lease(Caller caller, Ask<Stat, Leased> lease, @Nullable Pending pending)
      throws ErrnoException {
    try {
      ask(caller, lease, pending);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINTR) {
        throw e;
      }
    }
  }

  private <R, S> @Nullable R ask(Caller caller, Ask<R, S> ask, @Nullable Pending pending)
      throws ErrnoException {
    Keeper.Sending sending = keeper.sending();
    S answer;
    try {
      answer =
          pending == null
              ? below.call(caller, ask.sent())
              : below.call(caller, ask.sent(), pending);
    } catch (ErrnoException e) {
      keeper.failed(e.errno());
      ask.failed().accept(e.errno());
      throw e;
    } catch (RuntimeException | Error e) {
      ask.failed().accept(Errno.EIO);
      throw e;
    }
    keeper.answered(ask.sent(), answer, sending);
    return ask.reply().of(answer);
  }

  // ---- the same, submitted ----

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Handle own = offsets.own(operation);
    return own == null
        ? submitHere(caller, operation, completion)
        : offsets.submit(own, caller, operation, completion);
  }

  @SuppressWarnings("unchecked") // what is kept back answers what its operation does
  private <R> Ticket submitHere(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Object copied;
    try {
      copied = writeBack.keep(caller, operation);
      copied = copied != null ? copied : copied(caller, operation);
    } catch (ErrnoException e) {
      completion.failed(e.errno());
      return Ticket.DONE;
    }
    if (WriteBack.FULL.equals(copied)) {
      Later later = new Later(completion::failed);
      writeBack.whenRoom(operation, later.then(() -> submitHere(caller, operation, completion)));
      return later;
    }
    if (copied != null) {
      completion.done((R) copied);
      return Ticket.DONE;
    }
    if (writeBack.isClean()) {
      return submitOwed(caller, operation, completion);
    }
    Later later = new Later(completion::failed);
    writeBack.before(operation, later.then(() -> submitOwed(caller, operation, completion)));
    return later;
  }

  private <R> Ticket submitOwed(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Errno owed = writeBack.owed(operation);
    if (owed == null) {
      return submitLeased(caller, operation, completion);
    }
    if (operation instanceof Operation.Close) {
      return submitLeased(caller, operation, WriteBack.owing(owed, completion));
    }
    completion.failed(owed);
    return Ticket.DONE;
  }

  private <R> Ticket submitLeased(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    Node wanted = asks.wants(operation);
    if (wanted != null) {
      submit(caller, asks.lease(wanted, operation), new Ignored());
    }
    Set<InodeId> unwritten = writeBack.unwritten(operation);
    Ask<R, ?> ask = asks.of(caller, operation);
    Answers<R> answers =
        new Answers<R>() {
          @Override
          public void done(@Nullable R answer) {
            if (answer == null) {
              again();
            } else if (operation instanceof Operation.Lookup
                && unwritten.contains(((Stat) answer).id())) {
              fresh(caller, (Stat) answer, completion);
            } else {
              completion.done(answer);
            }
          }

          @Override
          public void failed(Errno errno) {
            if (ask.retries() && errno != Errno.EINTR) {
              again();
            } else {
              completion.failed(errno);
            }
          }

          private void again() {
            submit(caller, asks.plain(caller, operation), Answers.to(completion));
          }
        };
    if (writeBack.isClean()) {
      return submit(caller, ask, answers);
    }
    Later later =
        new Later(errno -> {
          ask.failed().accept(errno);
          completion.failed(errno);
        });
    writeBack.before(operation, later.then(() -> submit(caller, ask, answers)));
    return later;
  }

  /** As the other, without waiting. */
  @SuppressWarnings("unchecked") // a lookup answers attributes
  private <R> void fresh(Caller caller, Stat found, Completion<? super R> completion) {
    submit(
        caller,
        new Operation.Getattr(found.id()),
        new Completion<Stat>() {
          @Override
          public void done(Stat stat) {
            completion.done((R) stat);
          }

          @Override
          public void failed(Errno errno) {
            submit(caller, new Operation.Forget(found.id(), 1), Nodes.IGNORED);
            completion.failed(errno);
          }
        });
  }

  private static final class Ignored implements Answers<Stat> {
    @Override
    public void done(@Nullable Stat answer) {}

    @Override
    public void failed(Errno errno) {}
  }

  private <R, S> Ticket submit(Caller caller, Ask<R, S> ask, Answers<R> answers) {
    Keeper.Sending sending = keeper.sending();
    return below.submit(
        caller,
        ask.sent(),
        new Completion<S>() {
          @Override
          public void done(S result) {
            keeper.answered(ask.sent(), result, sending);
            answers.done(ask.reply().of(result));
          }

          @Override
          public void failed(Errno errno) {
            keeper.failed(errno);
            ask.failed().accept(errno);
            answers.failed(errno);
          }
        });
  }

  /** All but what concerns an offset that is kept here. */
  private final class AtPlaces implements FileService {
    @Override
    public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
      return run(caller, operation, null);
    }

    @Override
    public <R> R call(Caller caller, Operation<R> operation, Pending pending)
        throws ErrnoException {
      return run(caller, operation, pending);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return submitHere(caller, operation, completion);
    }

    @Override
    public void close() {}
  }

  // ---- several steps ----

  @Override
  public Walked walkAhead(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException {
    List<Stat> known = new ArrayList<>();
    InodeId here = dir;
    for (Name name : names) {
      Stat stat;
      try {
        stat = lookup(caller, new Operation.Lookup(here, name));
      } catch (ErrnoException e) {
        return new Walked(known, null, -1, null, e);
      }
      if (stat == null) {
        List<Name> left = names.subList(known.size(), names.size());
        return walks.below(caller, here, left, opening, known);
      }
      known.add(stat);
      if (!stat.isDirectory()) {
        break;
      }
      here = stat.id();
    }
    return new Walked(known, null, -1, null, null);
  }

  @Override
  public boolean isRemote() {
    return below.isRemote();
  }

  @Override
  public void close() {
    writeBack.close();
    keeper.end();
    below.close();
    handles.clear(); // what is asked now is refused below
  }
}
