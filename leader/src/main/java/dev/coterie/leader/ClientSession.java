package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.core.Session;
import dev.coterie.wire.SessionRequest.SessionKey;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a client has at the leader: fids, open files, locks, leases, and its changes that are
 * applied once. It is that of one connection, and ends with it, unless the client has named it:
 * then it has any number of connections, and may outlive them for a while ({@link Sessions}).
 */
final class ClientSession {
  /**
   * Who may go on with it.
   *
   * @param client chosen by the client
   * @param secret to be told by whoever goes on with it
   * @param user whose connections these must be
   * @param keeps whether it outlives its connections
   */
  record Owner(SessionKey client, SessionKey secret, User user, boolean keeps) {}

  /** A user, as the leader knows peers. */
  record User(int uid, boolean overTcp) {
    static User of(Peer peer) {
      return new User(peer.self().uid(), peer.isOverTcp());
    }
  }

  private final Leader leader;
  private final long number;
  private final Session own;
  private final FileService service; // our own, as the leader wraps it
  private final FidTable fids = new FidTable();
  private final Slots slots = new Slots();
  private final AtomicLong xattrBytes = new AtomicLong(); // that fids hold
  private final Object entry = new Object(); // held while it is resumed
  private final Set<Connection> connections = new HashSet<>(); // guarded by this
  private int entering; // guarded by this: connections that are about to join
  private Runnable alarm = () -> {}; // guarded by this: takes back the end for want of connections
  private volatile @Nullable Owner owner; // written under this, once
  private volatile boolean over; // written under this
  private volatile @Nullable Fid anchor; // first attach

  ClientSession(Leader leader, Connection connection) {
    this.leader = leader;
    this.number = leader.nextNumber();
    this.own = leader.newSession();
    this.service = leader.decorate(own);
    connections.add(connection);
    own.onExpire(this::expired);
  }

  long number() {
    return number;
  }

  Session own() {
    return own;
  }

  FileService service() {
    return service;
  }

  FidTable fids() {
    return fids;
  }

  Slots slots() {
    return slots;
  }

  @Nullable Fid anchor() {
    return anchor;
  }

  void attached(Fid root) {
    if (anchor == null) {
      anchor = root;
    }
  }

  /** Counts bytes of attributes that fids hold; how many those are now. */
  long holdXattr(int bytes) {
    return xattrBytes.addAndGet(bytes);
  }

  /** Null: it is of its one connection. */
  @Nullable Owner owner() {
    return owner;
  }

  /** Its requests are answered ESTALE. */
  boolean isOver() {
    return over;
  }

  // ---- connections ----

  synchronized void name(Owner name) throws ErrnoException {
    requireLive();
    owner = name;
  }

  private void requireLive() throws ErrnoException {
    if (over) {
      throw new ErrnoException(Errno.ESTALE);
    }
  }

  /** One more connection. */
  synchronized void bind(Connection connection) throws ErrnoException {
    requireLive();
    alarm.run();
    connections.add(connection);
  }

  /**
   * A connection in place of those there are: they are closed first, and their requests that were
   * not begun are not. What waits is given up, but for what is applied once.
   */
  void resume(Connection connection) throws ErrnoException {
    synchronized (entry) {
      List<Connection> older;
      synchronized (this) {
        requireLive();
        entering++;
        older = List.copyOf(connections);
      }
      older.forEach(Connection::replaced);
      older.forEach(Connection::awaitEnd);
      synchronized (this) {
        entering--;
        bind(connection);
      }
    }
    own.recallAgain();
  }

  /**
   * A connection has ended.
   *
   * @param clean its client wanted that
   */
  void left(Connection connection, boolean clean) {
    synchronized (this) {
      connections.remove(connection);
      if (over || !connections.isEmpty() || entering > 0) {
        return;
      }
      Owner named = owner;
      if (!clean && named != null && named.keeps()) {
        alarm = leader.sessions().whenForsaken(this::forsaken);
        return;
      }
    }
    end();
  }

  /** Its time has passed without a connection; so has that of all its leases. */
  private void forsaken() {
    synchronized (this) {
      if (!connections.isEmpty() || entering > 0) {
        return;
      }
    }
    end();
  }

  // ---- the end ----

  /** Fences it, and gives back all that it held. */
  void end() {
    if (fence()) {
      service.close();
    }
  }

  /** As {@link #end}; the client may not know of it yet. */
  void endHere() {
    if (fence()) {
      own.endHere();
      service.close();
    }
  }

  private boolean fence() {
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
      alarm.run();
    }
    leader.sessions().forget(this);
    return true;
  }

  /** Waits until nothing of it is at work and all was given back. */
  void awaitEnd() throws ErrnoException {
    try {
      leader.awaitEnd(own);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR);
    }
  }

  /** It has not given back a lease: nothing may be answered any more. The tree ends it. */
  private void expired() {
    List<Connection> all;
    synchronized (this) {
      all = List.copyOf(connections);
    }
    fence();
    all.forEach(Connection::leaseExpired);
    service.close();
  }
}
