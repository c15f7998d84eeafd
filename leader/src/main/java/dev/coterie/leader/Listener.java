package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.StreamSocket;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Accepts on one listening socket. Whatever a single client does, it goes on. */
final class Listener implements Runnable {
  private static final System.Logger LOG = System.getLogger(Listener.class.getName());
  private static final long PAUSE_MS = 20;
  private static final int REFUSAL_BYTES = 64;

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
  private final Buffer refusal = refusal();
  private final ArrayDeque<Refused> refused = new ArrayDeque<>(); // guarded by itself; oldest first
  private volatile boolean closed;
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
        StreamSocket socket = listening.accept();
        complaint = "";
        serve(socket);
      } catch (ErrnoException e) {
        // Out of descriptors, or a client that was gone at once: those connected are not touched,
        // and it may pass.
        pause(String.valueOf(e.getMessage()));
      } catch (RuntimeException | Error e) {
        LOG.log(System.Logger.Level.ERROR, "a client could not be served", e);
        leader.countFault();
      }
    }
    listening.close();
    closeRefused(0);
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

  private void serve(StreamSocket socket) {
    boolean kept = false;
    try {
      Peer peer = peerOf.peer(socket);
      if (!leader.admit(socket, peer)) {
        refuse(socket);
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
  private void refuse(StreamSocket socket) throws ErrnoException {
    socket.sendNow(refusal.memory(), 0, refusal.bytes().position());
    socket.shutdownOutput();
    synchronized (refused) {
      refused.add(new Refused(socket, System.nanoTime()));
      if (refused.size() > REFUSED_MOST) {
        refused.remove().socket().close();
      }
    }
  }

  private static Buffer refusal() {
    Buffer out = Buffer.allocate(REFUSAL_BYTES);
    try {
      new Rlerror(Errno.EUSERS.number()).encode(P9.NOTAG, out.bytes(), REFUSAL_BYTES);
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
    return out;
  }

  /** Lets refused clients go who had their time to read why; to be called now and then. */
  void closeRefused() {
    closeRefused(TimeUnit.MILLISECONDS.toNanos(REFUSED_MS));
  }

  private void closeRefused(long ageNanos) {
    synchronized (refused) {
      long now = System.nanoTime();
      while (!refused.isEmpty() && now - refused.peek().sinceNanos() >= ageNanos) {
        refused.remove().socket().close();
      }
    }
  }

  void close() {
    closed = true;
    listening.shutdown();
  }
}
