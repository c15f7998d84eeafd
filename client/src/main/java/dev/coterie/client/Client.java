package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Pending;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead;
import dev.coterie.api.Ticket;
import dev.coterie.client.sync.SyncHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A session at a leader: the tree of {@link FileService}, over the wire.
 *
 * <pre>{@code
 * try (Client tree = Client.connect(Address.parse("/run/coterie.sock"), ClientOptions.DEFAULT)) {
 *   Caller me = ProcessIdentity.self();
 *   Stat root = tree.root(me);
 *   Stat hello = tree.lookup(me, root.id(), Name.of("hello"));
 * }
 * }</pre>
 *
 * <p>For any number of threads. Each operation is one message at most; a thread that waits reads
 * from the connection itself, so nothing is handed over between threads where only one works.
 *
 * <p>What the wire adds to the promises of {@link FileService}:
 *
 * <ul>
 *   <li><b>Transfers are as long as a frame</b> (about 1 MiB, as agreed when connecting): a read or
 *       write of more is short, as read(2) and write(2) allow, so that it has one moment at which
 *       it takes effect.
 *   <li><b>Cancelling asks the leader</b>, by an interrupt of the waiting thread or {@link
 *       Ticket#cancel}. The answer may have been under way; then it counts. Else the operation ends
 *       with EINTR. Ticket.cancel never says that it won, as that is not known yet. A Close cannot
 *       be cancelled; it takes effect when the last operation on the handle is over.
 *   <li><b>Forget</b> is done at once; the leader learns of it with a later message.
 *   <li><b>So is Close</b> of a file or directory that was opened by its name to read only, when
 *       nobody can tell the difference but by looking within 20 ms at what others have: the leader
 *       is told with the next request, or after that time. A Close is waited for when the handle
 *       could write, was shared or is waited for in an event set; when the session ever asked for a
 *       lock of the file, as a lock may end with it; and when the session removed or renamed
 *       anything since it was opened, as it may free the space of a file without a name.
 *   <li><b>EAGAIN</b> from {@code submit}: {@link dev.coterie.api.Limits#REQUESTS_PER_CONNECTION
 *       too much} is under way. A waiting call waits for its turn instead.
 *   <li><b>A lost connection</b> ends what was sent with EIO and anything later with ENOTCONN; a
 *       closed client ends both with ESTALE.
 * </ul>
 *
 * <p>With {@link ClientOptions#withCopies} it answers from its own {@link
 * dev.coterie.client.copies.Copies} what it may, but over TCP only if its session lasts; with {@link
 * ClientOptions#withWriteBack} it keeps writes back, too, and close waits until they are written.
 */
public final class Client implements FileService, StepsAhead {
  private final Connection connection; // immutable
  private final Ahead ahead; // immutable
  private final Packing packing; // immutable
  private final @Nullable TickingCopies copies; // immutable; null: everything is asked for
  private final KeyConnector keys; // immutable

  private Client(
      Connection connection,
      long copiesBytes,
      boolean writeBack,
      boolean lasting,
      KeyConnector keys,
      LongSupplier clock) {
    this.connection = connection;
    this.ahead = new Ahead(connection);
    this.packing = new Packing(connection, lasting);
    this.keys = keys;
    this.copies =
        copiesBytes == 0
            ? null
            : new TickingCopies(
                new Client(connection, 0, false, lasting, keys, clock),
                copiesBytes,
                writeBack,
                clock);
    if (copies != null) {
      connection.onLoss(copies.onLoss());
    }
  }

  /**
   * Connects to a leader and attaches its tree.
   *
   * @throws ErrnoException ENOTCONN nobody answers there · EUSERS the leader has too many
   *     connections · EMFILE, EAGAIN, ENOMEM it has no descriptor, thread or memory for one more ·
   *     EPROTO it is no leader of this version · ETIMEDOUT no answer within {@link
   *     ClientOptions#connectMsMax} · EINTR · what the leader answers to the attach
   */
  public static Client connect(Address address, ClientOptions options) throws ErrnoException {
    Caller identity = options.identity();
    // When such a connection breaks the leader may notice first, and forget a session at once.
    boolean near = address instanceof Address.Unix;
    Caller self = identity != null ? identity : ProcessIdentity.self();
    return new Client(
        Handshake.connect(address, options, self, null),
        near ? options.copiesBytes() : 0,
        options.writeBack(),
        false,
        new KeyConnector(address, options, self),
        LeaseClock.near());
  }

  /** A client without copies and keys. */
  static Client bare(Address address, ClientOptions options, Caller self) throws ErrnoException {
    return new Client(
        Handshake.connect(address, options, self, null),
        0,
        false,
        false,
        new KeyConnector(address, options, self),
        LeaseClock.near());
  }

  /**
   * Opens a key of this client's user: a lock among processes, with a small value. The keys of a
   * client have one connection of their own. EINVAL, ENOSPC, EOPNOTSUPP over TCP.
   */
  public SyncHandle sync(String key) throws ErrnoException {
    return keys.handles().open(key);
  }

  /**
   * As {@link #connect}, with a session that outlives its connections: one that is lost is replaced
   * for as long as the leader keeps the session, about two seconds, and what has no answer is sent
   * again, each change so that it is applied once. Only waits that cannot be begun again, for
   * events, changes and bytes of a FIFO, end with EIO. When the session is gone it is as with any
   * lost connection. Such a client has a thread of its own. Its copies are not used while there is
   * no connection; it keeps them over TCP too.
   */
  public static Client connectLasting(Address address, ClientOptions options)
      throws ErrnoException {
    Caller given = options.identity();
    Caller identity = given != null ? given : ProcessIdentity.self();
    Lasting lasting = new Lasting(address, options, identity);
    return new Client(
        Handshake.connect(address, options, identity, lasting),
        options.copiesBytes(),
        options.writeBack(),
        true,
        new KeyConnector(address, options, identity),
        address instanceof Address.Unix ? LeaseClock.near() : LeaseClock.far());
  }

  /** Several operations, done one after the other in one message if they fit into one. */
  public Together together(Caller caller) {
    return new Together(this, caller);
  }

  Connection connection() {
    return connection;
  }

  Packing packing() {
    return packing;
  }

  /** Whether copies have to know of each operation. */
  boolean keepsCopies() {
    return copies != null;
  }

  @Override
  public Stat getattr(Caller caller, InodeId id) throws ErrnoException {
    return copies != null
        ? copies.service().getattr(caller, id)
        : run(caller, new Operation.Getattr(id), null);
  }

  @Override
  public int read(Caller caller, long handle, long offset, ByteBuffer destination)
      throws ErrnoException {
    return copies != null
        ? copies.service().read(caller, handle, offset, destination)
        : run(caller, new Operation.Read(handle, offset, destination), null);
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    return copies != null ? copies.service().call(caller, operation) : run(caller, operation, null);
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    return copies != null
        ? copies.service().call(caller, operation, pending)
        : run(caller, operation, pending);
  }

  @SuppressWarnings("unchecked") // what is done without a message answers Done
  private <R> R run(Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    if (isDoneAlone(operation)) {
      return (R) Done.DONE;
    }
    Call<R> call = new Call<>(connection, operation, null);
    connection.run(caller, call, pending);
    return call.answer();
  }

  /** Does what needs no message of its own. False: there is more to do. */
  private boolean isDoneAlone(Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Forget forget) {
      connection.forget(forget.id(), forget.count());
      return true;
    }
    return operation instanceof Operation.Close close && closeQuietly(close);
  }

  private boolean closeQuietly(Operation.Close close) throws ErrnoException {
    try {
      return connection.closeQuietly(close.handle(), false);
    } catch (ErrnoException e) {
      throw new ErrnoException(e.errno(), close.label());
    }
  }

  @Override
  @SuppressWarnings("unchecked") // what is done without a message answers Done
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (copies != null) {
      return copies.service().submit(caller, operation, completion);
    }
    Call<R> call = new Call<>(connection, operation, completion);
    try {
      if (!isDoneAlone(operation)) {
        connection.start(caller, call);
        return call.isDone() ? Ticket.DONE : call;
      }
    } catch (ErrnoException e) {
      completion.failed(e.errno());
      return Ticket.DONE;
    }
    completion.done((R) Done.DONE);
    return Ticket.DONE;
  }

  /** The most bytes that one read, write or append of a caller moves: what is longer is short. */
  public int messageBytesMax(Caller caller) {
    return connection.messageBytesMax(caller);
  }

  @Override
  public Walked walkAhead(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException {
    return copies != null
        ? copies.service().walkAhead(caller, dir, names, opening)
        : ahead.walk(caller, dir, names, opening);
  }

  @Override
  public boolean isRemote() {
    return true;
  }

  /**
   * Ends the session and waits until the leader has, for a second at most: then others find given
   * back what this session held.
   */
  @Override
  public void close() {
    keys.close();
    if (copies != null) {
      copies.close(); // and the connection
    } else {
      connection.close();
    }
  }
}
