package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.wire.BaseReply;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a connection: version and frame size are agreed, the tree is attached; one
 * message at a time, on one thread.
 */
final class Handshake {
  private static final int ATTACH_TAG = 0;

  private final Socket socket;
  private final Input input;
  private final ByteBuffer out = ByteBuffer.allocateDirect(4096);
  private final long deadline;

  private Handshake(Socket socket, long deadline) {
    this.socket = socket;
    this.input = new Input(socket);
    this.deadline = deadline;
  }

  /** A new connection of a session that lasts. */
  record Resumed(Socket socket, Input input) {}

  /** Connects and begins, with a session that lasts if there is to be one. */
  static Connection connect(
      Address address, ClientOptions options, Caller identity, @Nullable Lasting lasting)
      throws ErrnoException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.connectMsMax());
    try {
      Socket socket = Socket.connect(address, options.shortLived(), deadline);
      try {
        return new Handshake(socket, deadline).begin(options, identity, lasting);
      } catch (IOException | RuntimeException e) {
        socket.close();
        throw e;
      }
    } catch (IOException e) {
      throw failure(address, e);
    }
  }

  /**
   * Connects and goes on with the session.
   *
   * @throws ErrnoException ESTALE it is gone; else as {@link #connect}
   */
  static Resumed resume(Address address, ClientOptions options, Lasting lasting, long deadline)
      throws ErrnoException {
    try {
      Socket socket = Socket.connect(address, options.shortLived(), deadline);
      try {
        return new Handshake(socket, deadline).resume(options, lasting);
      } catch (IOException | RuntimeException e) {
        socket.close();
        throw e;
      }
    } catch (IOException e) {
      throw failure(address, e);
    }
  }

  private Resumed resume(ClientOptions options, Lasting lasting) throws IOException {
    agree(options);
    ask(ATTACH_TAG, lasting.resume(), P9.RSESSION);
    SessionReply.Rsession reply = (SessionReply.Rsession) input.frames().reply();
    if (reply.status() != P9.SESSION_AS_ASKED) {
      throw new ErrnoException(Errno.ESTALE, "session");
    }
    return new Resumed(socket, input);
  }

  private static ErrnoException failure(Address address, IOException e) {
    String attempted = "connect " + address;
    if (e instanceof ErrnoException refused) {
      return new ErrnoException(refused.errno(), attempted + ": " + withoutErrno(refused));
    }
    Errno errno = Errno.ENOTCONN;
    if (e instanceof java.net.SocketTimeoutException) {
      errno = Errno.ETIMEDOUT;
    } else if (e instanceof java.io.InterruptedIOException
        || e instanceof java.nio.channels.ClosedByInterruptException) {
      errno = Errno.EINTR;
    } else if (e instanceof ProtocolException) {
      errno = Errno.EPROTO;
    }
    ErrnoException failure = new ErrnoException(errno, attempted + ": " + e.getMessage());
    failure.initCause(e);
    return failure;
  }

  /** What was attempted: the message, less the sentence of the error at its end. */
  private static String withoutErrno(ErrnoException e) {
    String message = String.valueOf(e.getMessage());
    String sentence = ": " + e.errno().text();
    return message.endsWith(sentence)
        ? message.substring(0, message.length() - sentence.length())
        : message;
  }

  private int agree(ClientOptions options) throws IOException {
    String version = Dialect.COTERIE_1.version();
    ask(P9.NOTAG, new BaseRequest.Tversion(options.msizeBytes(), version), P9.RVERSION);
    BaseReply.Rversion agreed = (BaseReply.Rversion) input.frames().reply();
    if (Dialect.agreed(agreed.version()) != Dialect.COTERIE_1) {
      throw new ProtocolException("it speaks " + agreed.version() + ", not " + version);
    }
    if (agreed.msize() < 4096 || agreed.msize() > options.msizeBytes()) {
      throw new ProtocolException("it agrees to frames of " + agreed.msize() + " bytes");
    }
    input.setMsize(agreed.msize());
    return agreed.msize();
  }

  private Connection begin(ClientOptions options, Caller identity, @Nullable Lasting lasting)
      throws IOException {
    int msize = agree(options);
    if (lasting != null) {
      ask(ATTACH_TAG, lasting.begin(), P9.RSESSION);
      lasting.begun((SessionReply.Rsession) input.frames().reply());
    }
    BaseRequest.Tattach attach =
        new BaseRequest.Tattach(References.ROOT_FID, P9.NOFID, "", options.tree(), identity.uid());
    ask(ATTACH_TAG, attach, P9.RATTACH);
    input.frames().reply();
    if (!input.isEmpty()) {
      throw new ProtocolException("it answers what was not asked");
    }
    long closeNsMax = TimeUnit.MILLISECONDS.toNanos(options.closeMsMax());
    return new Connection(socket, input, identity, msize, closeNsMax, lasting);
  }

  /** Sends a request and receives its reply, which becomes the current frame of the input. */
  private void ask(int tag, Request request, int replyType) throws IOException {
    out.clear();
    request.encode(tag, out, out.capacity());
    out.flip();
    IOException unsent = send();
    while (!input.next()) {
      if (unsent == null) {
        socket.await(false, deadline);
      }
      int received = receive(unsent);
      if (received < 0 || (received == 0 && unsent != null)) {
        throw unsent != null ? unsent : new ProtocolException("it hung up");
      }
    }
    int type = input.frames().type();
    int answeredTag = input.frames().tag();
    boolean refused = type == P9.RLERROR && (answeredTag == tag || answeredTag == P9.NOTAG);
    if (refused) {
      Errno errno = ((LinuxReply.Rlerror) input.frames().reply()).errno();
      throw new ErrnoException(errno, "leader refuses" + why(errno, answeredTag));
    }
    if (type != replyType || answeredTag != tag) {
      throw new ProtocolException("it answers with type " + type + " and tag " + answeredTag);
    }
  }

  /** What it is short of, when it refuses the connection as such. */
  private static String why(Errno errno, int tag) {
    if (tag != P9.NOTAG) {
      return "";
    }
    return switch (errno) {
      case EUSERS -> ": too many connections";
      case EMFILE -> ": no file descriptor for one more connection";
      case EAGAIN -> ": no thread for one more connection";
      case ENOMEM -> ": no memory for one more connection";
      default -> "";
    };
  }

  /**
   * Sends the request, or not: a leader that has no place for us may have said so and closed before
   * it reads a word, and its reason is still to be read.
   */
  private @Nullable IOException send() throws IOException {
    while (out.hasRemaining()) {
      try {
        if (socket.write(out) > 0) {
          continue;
        }
      } catch (IOException e) {
        return e;
      }
      socket.await(true, deadline);
    }
    return null;
  }

  private int receive(@Nullable IOException unsent) throws IOException {
    try {
      return input.receive();
    } catch (IOException e) {
      throw unsent != null ? unsent : e;
    }
  }
}
