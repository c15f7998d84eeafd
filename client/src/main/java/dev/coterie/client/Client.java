package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Pending;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
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
 * <p>For any number of threads. Each operation is one message; a thread that waits reads from the
 * connection itself, so nothing is handed over between threads where only one works.
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
 *   <li><b>EAGAIN</b> from {@code submit}: {@link dev.coterie.api.Limits#REQUESTS_PER_CONNECTION
 *       too much} is under way. A waiting call waits for its turn instead.
 *   <li><b>A lost connection</b> ends what was sent with EIO and anything later with ENOTCONN; a
 *       closed client ends both with ESTALE.
 * </ul>
 *
 * <p>With {@link ClientOptions#withCopies} it answers from its own {@link
 * dev.coterie.client.copies.Copies} what it may, if the leader is on the same machine.
 */
public final class Client implements FileService {
  private final Connection connection; // immutable
  private final @Nullable TickingCopies copies; // immutable; null: everything is asked for

  private Client(Connection connection, long copiesBytes) {
    this.connection = connection;
    this.copies =
        copiesBytes == 0 ? null : new TickingCopies(new Client(connection, 0), copiesBytes);
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
    // A clock that stands still with this machine says nothing of a leader on another one.
    boolean near = address instanceof Address.Unix;
    return new Client(
        Handshake.connect(address, options, identity != null ? identity : ProcessIdentity.self()),
        near ? options.copiesBytes() : 0);
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

  @SuppressWarnings("unchecked") // a Forget answers Done
  private <R> R run(Caller caller, Operation<R> operation, @Nullable Pending pending)
      throws ErrnoException {
    if (operation instanceof Operation.Forget forget) {
      connection.forget(forget.id(), forget.count());
      return (R) Done.DONE;
    }
    Call<R> call = new Call<>(connection, operation, null);
    connection.run(caller, call, pending);
    return call.answer();
  }

  @Override
  @SuppressWarnings("unchecked") // a Forget answers Done
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    if (copies != null) {
      return copies.service().submit(caller, operation, completion);
    }
    Call<R> call = new Call<>(connection, operation, completion);
    try {
      if (operation instanceof Operation.Forget forget) {
        connection.forget(forget.id(), forget.count());
      } else {
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
  public boolean isRemote() {
    return true;
  }

  /**
   * Ends the session and waits until the leader has, for a second at most: then others find given
   * back what this session held.
   */
  @Override
  public void close() {
    if (copies != null) {
      copies.close(); // and the connection
    } else {
      connection.close();
    }
  }
}
