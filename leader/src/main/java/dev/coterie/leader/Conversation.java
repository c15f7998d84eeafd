package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.EventRequest;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.KeyRequest;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import dev.coterie.wire.SessionRequest.Tdo;
import dev.coterie.wire.SessionRequest.Tonce;
import dev.coterie.wire.UnknownRequest;
import dev.coterie.wire.WatchRequest;

/**
 * What lies between two Tversions of a connection: what was agreed, the session, the fids. A
 * request belongs to the conversation in which it came, and when it is answered late it touches
 * nothing of the next.
 */
final class Conversation {
  private final Connection connection;
  private final Dialect dialect;
  private final int msize;
  private final PlainRequests plain;
  private final DialectRequests ours;
  private final EventRequests events;
  private final WatchRequests watches;
  private final LeaseRequests leases;
  private final KeyRequests keys;
  private volatile ClientSession client; // its own, until it joins another

  Conversation(Connection connection, Dialect dialect, int msize) {
    this.connection = connection;
    this.client = new ClientSession(connection.leader(), connection);
    this.dialect = dialect;
    this.msize = msize;
    this.plain = new PlainRequests(this);
    this.ours = new DialectRequests(this);
    this.events = new EventRequests(this);
    this.watches = new WatchRequests(this);
    this.leases = new LeaseRequests(this);
    this.keys = new KeyRequests(this);
  }

  /** One in which nothing is agreed, so that Tversion is the only request there is. */
  static Conversation unknown(Connection connection) {
    return new Conversation(connection, Dialect.UNKNOWN, Limits.MSIZE_MIN_BYTES);
  }

  /**
   * Takes the slot of a change that is to be applied once.
   *
   * @return false: it is none to be applied, and the call has been answered or will be
   */
  boolean beginOnce(Call call, Tonce once) {
    if (client.isOver()) {
      call.fail(Errno.ESTALE);
    } else if (once.flags() != 0 || !Slots.keepsReplyOf(once.inner())) {
      call.fail(Errno.EINVAL);
    } else if (client.owner() == null) {
      call.fail(Errno.EPROTO);
    } else {
      return client.slots().begin(call, once.seq());
    }
    return false;
  }

  void dispatch(Call call, Request request) throws ErrnoException {
    switch (request) {
      case UnknownRequest _ -> throw new ErrnoException(Errno.EOPNOTSUPP);
      case InodeRequest r -> ours.inode(call, r);
      case HandleRequest r -> ours.handle(call, r);
      case EventRequest r -> events.event(call, r);
      case WatchRequest r -> watches.serve(call, r);
      case LeaseRequest r -> leases.serve(call, r);
      case KeyRequest r -> keys.serve(call, r);
      case SessionRequest r -> ours.session(call, r);
      default -> plain.serve(call, request);
    }
  }

  /** The client wants no more of it: gives back all that its session held. */
  void close() {
    client.left(connection, true);
  }

  /** The connection was lost: as {@link #close}, unless the session may be gone on with. */
  void lost() {
    client.left(connection, false);
  }

  /** As {@link #close}; the client may not know of it yet. */
  void endHere() {
    client.endHere();
  }

  /** Goes on with a session that knows the connection; nothing of its own was used yet. */
  void join(ClientSession session) {
    ClientSession unused = client;
    client = session;
    unused.left(connection, true);
  }

  ClientSession client() {
    return client;
  }

  /** A request came, which is going to be answered. */
  void heard() {
    client.own().heard();
  }

  Connection connection() {
    return connection;
  }

  FileService session() {
    return client.service();
  }

  /** Whether an operation of the session is one for the pool. */
  boolean mayTakeLong(Operation<?> operation) {
    return client.own().mayTakeLong(operation);
  }

  /** Whether it brings what is kept back of a file that the session has alone. */
  boolean writesBack(Request request) {
    if (request instanceof Tdo several) {
      return several.requests().stream().allMatch(r -> WriteBack.givesBack(r) || writesBack(r));
    }
    int number = WriteBack.fidOf(request);
    try {
      return number != P9.NOFID && client.own().hasAlone(fids().require(number).id());
    } catch (ErrnoException e) {
      return false; // there is no such fid
    }
  }

  FidTable fids() {
    return client.fids();
  }

  Peer peer() {
    return connection.peer();
  }

  Dialect dialect() {
    return dialect;
  }

  int msize() {
    return msize;
  }

  /** Notes who attached first, for requests that name no fid. */
  void attached(Fid root) {
    client.attached(root);
  }

  /** What was attached first. EBADF nothing yet. */
  Fid anchor() throws ErrnoException {
    Fid root = client.anchor();
    if (root == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return root;
  }

  /**
   * Counts the value of an attribute that a fid is going to hold. ENOMEM over {@link
   * Limits#XATTR_BYTES_PER_CONNECTION}.
   */
  void holdXattr(int bytes) throws ErrnoException {
    if (client.holdXattr(bytes) > Limits.XATTR_BYTES_PER_CONNECTION) {
      client.holdXattr(-bytes);
      throw new ErrnoException(Errno.ENOMEM);
    }
  }

  void letGoXattr(int bytes) {
    long left = client.holdXattr(-bytes);
    assert left >= 0 : "value given back twice";
  }
}
