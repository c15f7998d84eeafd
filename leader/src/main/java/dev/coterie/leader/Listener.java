package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.StreamSocket;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Accepts on one listening socket. */
final class Listener implements Runnable {
  private static final System.Logger LOG = System.getLogger(Listener.class.getName());
  private static final long PAUSE_MS = 20;
  private static final int REFUSAL_BYTES = 64;

  /** Finds out who a connection is of. */
  interface PeerOf {
    Peer peer(StreamSocket socket) throws ErrnoException;
  }

  private final Leader leader;
  private final StreamSocket listening;
  private final PeerOf peerOf;
  private volatile boolean closed;

  Listener(Leader leader, StreamSocket listening, PeerOf peerOf) {
    this.leader = leader;
    this.listening = listening;
    this.peerOf = peerOf;
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        serve(listening.accept());
      } catch (ErrnoException e) {
        if (!closed) {
          // Out of descriptors, or a client that was gone at once: those connected are not touched,
          // and it may pass.
          LOG.log(System.Logger.Level.WARNING, "accept: {0}", e.getMessage());
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
        }
      }
    }
    listening.close();
  }

  private void serve(StreamSocket socket) {
    try {
      Peer peer = peerOf.peer(socket);
      if (!leader.admit(socket, peer)) {
        refuse(socket, Errno.EUSERS);
      }
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection lost at once: {0}", e.getMessage());
      socket.close();
    }
  }

  /**
   * An error without a request to it, and the end: what a client that was one too many finds when
   * it reads.
   */
  private static void refuse(StreamSocket socket, Errno reason) throws ErrnoException {
    Buffer out = Buffer.allocate(REFUSAL_BYTES);
    new Rlerror(reason.number()).encode(P9.NOTAG, out.bytes(), REFUSAL_BYTES);
    socket.sendNow(out.memory(), 0, out.bytes().position());
    socket.shutdownOutput();
    socket.close();
  }

  void close() {
    closed = true;
    listening.shutdown();
  }
}
