package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.core.Session;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.EventRequest;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import dev.coterie.wire.UnknownRequest;
import dev.coterie.wire.WatchRequest;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What lies between two Tversions of a connection: what was agreed, the session, the fids. A
 * request belongs to the conversation in which it came, and when it is answered late it touches
 * nothing of the next.
 */
final class Conversation {
  private final Connection connection;
  private final long number;
  private final Session own;
  private final FileService session; // our own, as the leader wraps it
  private final Dialect dialect;
  private final int msize;
  private final FidTable fids = new FidTable();
  private final PlainRequests plain;
  private final DialectRequests ours;
  private final EventRequests events;
  private final WatchRequests watches;
  private final LeaseRequests leases;
  private final AtomicLong xattrBytes = new AtomicLong(); // that fids hold
  private volatile @Nullable Fid anchor; // first attach

  Conversation(Connection connection, Dialect dialect, int msize) {
    this.connection = connection;
    this.number = connection.leader().nextNumber();
    this.own = connection.leader().newSession();
    this.session = connection.leader().decorate(own);
    this.dialect = dialect;
    this.msize = msize;
    this.plain = new PlainRequests(this);
    this.ours = new DialectRequests(this);
    this.events = new EventRequests(this);
    this.watches = new WatchRequests(this);
    this.leases = new LeaseRequests(this);
    own.onExpire(connection::leaseExpired);
  }

  /** One in which nothing is agreed, so that Tversion is the only request there is. */
  static Conversation unknown(Connection connection) {
    return new Conversation(connection, Dialect.UNKNOWN, Limits.MSIZE_MIN_BYTES);
  }

  void dispatch(Call call, Request request) throws ErrnoException {
    switch (request) {
      case UnknownRequest _ -> throw new ErrnoException(Errno.EOPNOTSUPP);
      case InodeRequest r -> ours.inode(call, r);
      case HandleRequest r -> ours.handle(call, r);
      case EventRequest r -> events.event(call, r);
      case WatchRequest r -> watches.serve(call, r);
      case LeaseRequest r -> leases.serve(call, r);
      case SessionRequest r -> ours.session(call, r);
      default -> plain.serve(call, request);
    }
  }

  /** Gives back all that its session held. */
  void close() {
    session.close();
  }

  /** As {@link #close}; the client may not know of it yet. */
  void endHere() {
    own.endHere();
    session.close();
  }

  /** A request came, which is going to be answered. */
  void heard() {
    own.heard();
  }

  Connection connection() {
    return connection;
  }

  /** No other of this leader has it. */
  long number() {
    return number;
  }

  FileService session() {
    return session;
  }

  /** Whether an operation of the session is one for the pool. */
  boolean mayTakeLong(Operation<?> operation) {
    return own.mayTakeLong(operation);
  }

  /** Whether it brings what is kept back of a file that the session has alone. */
  boolean writesBack(Request request) {
    int number = WriteBack.fidOf(request);
    try {
      return number != P9.NOFID && own.hasAlone(fids.require(number).id());
    } catch (ErrnoException e) {
      return false; // there is no such fid
    }
  }

  FidTable fids() {
    return fids;
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
    if (anchor == null) {
      anchor = root;
    }
  }

  /** What was attached first. EBADF nothing yet. */
  Fid anchor() throws ErrnoException {
    Fid root = anchor;
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
    if (xattrBytes.addAndGet(bytes) > Limits.XATTR_BYTES_PER_CONNECTION) {
      xattrBytes.addAndGet(-bytes);
      throw new ErrnoException(Errno.ENOMEM);
    }
  }

  void letGoXattr(int bytes) {
    long left = xattrBytes.addAndGet(-bytes);
    assert left >= 0 : "value given back twice";
  }
}
