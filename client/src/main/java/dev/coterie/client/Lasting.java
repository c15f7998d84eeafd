package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import dev.coterie.wire.SessionReply.Rsession;
import dev.coterie.wire.SessionRequest.SessionKey;
import dev.coterie.wire.SessionRequest.Tsession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a client needs to go on with its session when a connection was lost, and which calls are
 * sent again then.
 *
 * <p>A change is sent with its number in its slot, so that the leader applies it once. What only
 * looks is sent again as it was. All else ends with EIO: nobody knows what came of it.
 */
final class Lasting {
  private static final int END_BYTES = 128;
  private static final int END_TAG = Tags.FLUSH - 1;

  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Address address; // immutable
  private final ClientOptions options; // immutable
  private final Caller identity; // immutable
  private final SessionKey client; // immutable
  private final SessionKey secret; // immutable
  private long sessionId; // written by the first handshake
  private long epoch; // written by the first handshake
  private int leaseMs; // written by the first handshake

  Lasting(Address address, ClientOptions options, Caller identity) {
    this.address = address;
    this.options = options;
    this.identity = identity;
    SecureRandom random = new SecureRandom();
    this.client = new SessionKey(random.nextLong(), random.nextLong());
    this.secret = new SessionKey(random.nextLong(), random.nextLong());
  }

  int leaseMs() {
    return leaseMs;
  }

  Caller identity() {
    return identity;
  }

  // ---- the messages ----

  Tsession begin() {
    return new Tsession(client, secret, P9.SESSION_NEW | P9.SESSION_KEEP, 0, 0);
  }

  Tsession resume() {
    return new Tsession(client, secret, P9.SESSION_RESUME, sessionId, epoch);
  }

  /**
   * Tells the leader not to keep the session, and waits for its answer: all that the session had is
   * given back then. If the leader cannot be told in time, that ends by itself. For who reads.
   */
  void end(Socket socket, Input input, long deadline) {
    ByteBuffer out = ByteBuffer.allocateDirect(END_BYTES);
    try {
      new Tsession(client, secret, P9.SESSION_END, sessionId, epoch)
          .encode(END_TAG, out, END_BYTES);
      socket.write(out.flip());
      while (!isEndAnswered(input)) {
        int received = input.receive();
        if (received < 0) {
          return;
        }
        if (received == 0) {
          socket.await(false, deadline);
        }
      }
    } catch (IOException e) {
      // As above.
    }
  }

  /** Passes over what else was still on its way. */
  private static boolean isEndAnswered(Input input) throws IOException {
    while (input.next()) {
      if (input.frames().tag() == END_TAG) {
        return true;
      }
    }
    return false;
  }

  /**
   * What the leader answered to the first.
   *
   * @throws ErrnoException EPROTO it has no session for us
   */
  void begun(Rsession reply) throws ErrnoException {
    if (reply.status() != P9.SESSION_AS_ASKED || reply.slots() < Tags.CALLS) {
      throw new ErrnoException(Errno.EPROTO, "no session");
    }
    sessionId = reply.sessionId();
    epoch = reply.epoch();
    leaseMs = reply.leaseMs();
  }

  /**
   * Connects again, for as long as the leader keeps the session.
   *
   * @param over the client wants no more of it
   * @return null: it is gone
   */
  Handshake.@Nullable Resumed again(AtomicBoolean over) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(leaseMs + leaseMs / 8);
    boolean interrupted = false;
    try {
      while (!over.get() && deadline - System.nanoTime() > 0) {
        interrupted |= Thread.interrupted();
        try {
          return Handshake.resume(address, options, this, deadline);
        } catch (ErrnoException e) {
          if (e.errno() == Errno.ESTALE || e.errno() == Errno.EACCES) {
            return null;
          }
          LockSupport.parkNanos(this, PAUSE_NS);
        }
      }
      return null;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // ---- which calls ----

  // Chains of instanceof, as in Requests: a switch on types would link code.

  /** Whether it is a change, or one of several operations is, which is sent with its number. */
  static boolean isOnce(Call<?> call) {
    for (int i = 0; i < call.parts.size(); i++) {
      if (isOnce(call.parts.get(i).operation)) {
        return true;
      }
    }
    return call.parts.isEmpty() && isOnce(call.operation);
  }

  /** Whether it may be one of several that are sent with a number. */
  static boolean isOnceAmongOthers(Operation<?> operation) {
    return isOnce(operation)
        || operation instanceof Operation.Read
        || operation instanceof Operation.ReadNext
        || operation instanceof Operation.Getattr
        || operation instanceof Operation.Root
        || operation instanceof Operation.Statfs
        || operation instanceof Operation.Access
        || operation instanceof Operation.Fsync
        || operation instanceof Operation.Readdir;
  }

  static boolean isOnce(Operation<?> operation) {
    return operation instanceof Operation.Write
        || operation instanceof Operation.Append
        || operation instanceof Operation.WriteNext
        || operation instanceof Operation.Seek
        || operation instanceof Operation.Close
        || operation instanceof Operation.Lookup
        || operation instanceof Operation.Open
        || operation instanceof Operation.Create
        || operation instanceof Operation.Tmpfile
        || operation instanceof Operation.Rebind
        || operation instanceof Operation.Mkdir
        || operation instanceof Operation.Mknod
        || operation instanceof Operation.Symlink
        || operation instanceof Operation.Link
        || operation instanceof Operation.Unlink
        || operation instanceof Operation.Rmdir
        || operation instanceof Operation.Rename
        || operation instanceof Operation.Setattr
        || operation instanceof Operation.Setxattr
        || operation instanceof Operation.Removexattr
        || operation instanceof Operation.Fallocate
        || operation instanceof Operation.CopyRange
        || operation instanceof Operation.SetFlags
        || operation instanceof Operation.Lock;
  }

  /** Whether it can be sent again. */
  static boolean isRepeatable(Call<?> call) {
    if (!call.parts.isEmpty()) {
      return call.once || areRepeatable(call.parts);
    }
    if (call.operation instanceof Operation.Read) {
      return !(call.first instanceof Held.Handle handle && handle.counter);
    }
    return call.once || looks(call.operation);
  }

  private static boolean areRepeatable(List<? extends Call<?>> parts) {
    for (int i = 0; i < parts.size(); i++) {
      if (!isRepeatable(parts.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether it changes nothing, and may be done as often as it is sent. */
  static boolean looks(Operation<?> operation) {
    return operation instanceof Operation.Getattr
        || operation instanceof Operation.Root
        || operation instanceof Operation.Readdir
        || operation instanceof Operation.Statfs
        || operation instanceof Operation.Readlink
        || operation instanceof Operation.Getxattr
        || operation instanceof Operation.Listxattr
        || operation instanceof Operation.Access
        || operation instanceof Operation.Fsync
        || operation instanceof Operation.GetLock
        || operation instanceof Operation.Lease
        || operation instanceof Operation.ReturnLeases
        || operation instanceof Operation.ReturnLocks
        || operation instanceof Operation.NextRecalls;
  }
}
