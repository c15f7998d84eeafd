package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.leader.Leader.Obstacle;
import dev.coterie.sys.StreamSocket;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Accepts on one listening socket. Whatever a single client does, it goes on; and whatever the
 * leader is short of, a client that cannot be served is told so and does not wait.
 *
 * <p>Without a free descriptor accept(2) fails before it looks at who is there. So some are kept in
 * reserve and given up when there are no others: then the next client can be accepted, told and, by
 * a library that opens files for it, complained about. A client is served only if the reserve is
 * still whole with it.
 */
final class Listener implements Runnable {
  private static final System.Logger LOG = System.getLogger(Listener.class.getName());
  private static final long PAUSE_MS = 20;
  private static final int REFUSAL_BYTES = 64;
  private static final int RESERVE = 8;

  /**
   * Refused clients that may still write: one that does before it reads would find a broken pipe
   * instead of the reason.
   */
  private static final int REFUSED_MOST = 1024;

  private static final long REFUSED_MS = 1000;

  /** Finds out who a connection is of. */
  interface PeerOf {
    Peer peer(StreamSocket socket) throws ErrnoException;
  }

  private record Refused(StreamSocket socket, long sinceNanos) {}

  private final Leader leader;
  private final StreamSocket listening;
  private final PeerOf peerOf;
  private final Buffer refusal = Buffer.allocate(REFUSAL_BYTES); // this thread's
  private final Complaints refusals = new Complaints(1);
  private final ArrayDeque<Refused> refused = new ArrayDeque<>(); // guarded by itself; oldest first
  private volatile boolean closed;
  private final ArrayDeque<StreamSocket> reserve = new ArrayDeque<>(RESERVE); // this thread's
  private String complaint = ""; // this thread's: what accept last failed with

  Listener(Leader leader, StreamSocket listening, PeerOf peerOf) {
    this.leader = leader;
    this.listening = listening;
    this.peerOf = peerOf;
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        var _ = holdReserve();
        StreamSocket socket = accept();
        complaint = "";
        boolean whole = holdReserve() || (closeRefused(0) && holdReserve());
        serve(socket, whole ? null : Obstacle.NO_DESCRIPTOR);
      } catch (ErrnoException e) {
        // Out of memory, or a client that was gone at once: those connected are not touched, and it
        // may pass.
        pause(String.valueOf(e.getMessage()));
      } catch (RuntimeException | Error e) {
        leader.countFault();
        Complaints.log(System.Logger.Level.ERROR, "a client could not be served", e);
      }
    }
    listening.close();
    closeRefused(0);
    letGoReserve();
  }

  /** Whether the reserve is whole, or now could be made so; if not, none of it is held. */
  private boolean holdReserve() {
    try {
      while (reserve.size() < RESERVE) {
        reserve.add(StreamSocket.idle());
      }
      return true;
    } catch (ErrnoException e) {
      letGoReserve();
      return false;
    }
  }

  private void letGoReserve() {
    while (!reserve.isEmpty()) {
      reserve.remove().close();
    }
  }

  private StreamSocket accept() throws ErrnoException {
    while (true) {
      try {
        return listening.accept();
      } catch (ErrnoException e) {
        boolean shortOfDescriptors = e.errno() == Errno.EMFILE || e.errno() == Errno.ENFILE;
        if (closed || !shortOfDescriptors || !letGoDescriptors()) {
          throw e;
        }
      }
    }
  }

  /** Lets go what descriptors there are to let go; false if there are none. */
  private boolean letGoDescriptors() {
    if (!reserve.isEmpty()) {
      letGoReserve();
      return true;
    }
    return closeRefused(0);
  }

  private void pause(String reason) {
    if (closed) {
      return;
    }
    if (!reason.equals(complaint)) {
      LOG.log(System.Logger.Level.WARNING, "cannot accept, trying on: {0}", reason);
      complaint = reason;
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
  }

  /**
   * Serves a client or refuses it.
   *
   * @param known what stands against it already
   */
  private void serve(StreamSocket socket, @Nullable Obstacle known) {
    boolean kept = false;
    try {
      Peer peer = peerOf.peer(socket);
      Obstacle obstacle = known != null ? known : leader.admit(socket, peer);
      if (obstacle != null) {
        refuse(socket, obstacle);
        refusals.say("refused " + peer + ": " + obstacle.text);
      }
      kept = true;
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection lost at once: {0}", e.getMessage());
    } finally {
      if (!kept) {
        socket.close();
      }
    }
  }

  /**
   * An error without a request to it, and the end: what a client that was one too many finds when
   * it reads.
   */
  private void refuse(StreamSocket socket, Obstacle obstacle) throws ErrnoException {
    refusal.bytes().clear();
    new Rlerror(obstacle.errno.number()).encode(P9.NOTAG, refusal.bytes(), REFUSAL_BYTES);
    socket.sendNow(refusal.memory(), 0, refusal.bytes().position());
    socket.shutdownOutput();
    synchronized (refused) {
      refused.add(new Refused(socket, System.nanoTime()));
      if (refused.size() > REFUSED_MOST) {
        refused.remove().socket().close();
      }
    }
  }

  /** Lets refused clients go who had their time to read why; to be called now and then. */
  void tick() {
    closeRefused(TimeUnit.MILLISECONDS.toNanos(REFUSED_MS));
    refusals.sayUnsaid();
  }

  /** Whether there were any. */
  private boolean closeRefused(long ageNanos) {
    synchronized (refused) {
      int before = refused.size();
      long now = System.nanoTime();
      while (!refused.isEmpty() && now - refused.peek().sinceNanos() >= ageNanos) {
        refused.remove().socket().close();
      }
      return refused.size() < before;
    }
  }

  void close() {
    closed = true;
    listening.shutdown();
  }
}
