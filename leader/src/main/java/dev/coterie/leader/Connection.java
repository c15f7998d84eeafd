package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.sys.StreamSocket;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseReply.Rversion;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.BaseRequest.Tversion;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import dev.coterie.wire.UnknownRequest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: its reader thread, its fids and its requests that are not answered yet.
 */
final class Connection implements Runnable {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());
  private static final int FIRST_BUFFER_BYTES = 64 << 10;

  private final Leader leader;
  private final StreamSocket socket;
  private final Peer peer;
  private final Outbox outbox;
  private final FidTable fids = new FidTable();
  private final ConcurrentHashMap<Integer, Call> pending = new ConcurrentHashMap<>();
  private final PlainRequests plain;
  private final DialectRequests ours;
  private final FrameReader frames = new FrameReader(Limits.MSIZE_MAX_BYTES);
  private Buffer in =
      Buffer.allocate(
          FIRST_BUFFER_BYTES); // the reader's alone; unread bytes from position to limit
  private volatile FileService session;
  private volatile Dialect dialect = Dialect.UNKNOWN; // written by the reader
  private volatile int msize = Limits.MSIZE_MIN_BYTES; // written by the reader
  private volatile @Nullable Fid anchor; // first attach since Tversion
  private final Thread reader; // started by start()

  Connection(Leader leader, StreamSocket socket, Peer peer) {
    this.leader = leader;
    this.socket = socket;
    this.peer = peer;
    this.outbox = new Outbox(socket);
    this.session = leader.openSession();
    this.plain = new PlainRequests(this);
    this.ours = new DialectRequests(this);
    this.reader = Thread.ofPlatform().daemon().name("coterie-reader-" + peer.pid()).unstarted(this);
    in.bytes().limit(0);
  }

  void start() {
    reader.start();
  }

  void awaitEnd() {
    Leader.join(reader);
  }

  // ---- the reader ----

  @Override
  public void run() {
    try {
      read();
    } catch (ProtocolException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "connection of pid {0} ended: {1}",
          peer.pid(),
          e.getMessage());
    } catch (ErrnoException e) {
      LOG.log(
          System.Logger.Level.DEBUG, "connection of pid {0} lost: {1}", peer.pid(), e.getMessage());
    } catch (RuntimeException | Error e) {
      // A broken invariant of our own costs this session, and nobody else notices.
      LOG.log(
          System.Logger.Level.ERROR, "connection of pid " + peer.pid() + " ended by a fault", e);
      leader.countFault();
    } finally {
      end();
    }
  }

  private void read() throws ErrnoException, ProtocolException {
    while (true) {
      int missing = frames.next(in.bytes());
      if (missing == 0) {
        serve(frames.tag(), frames.request(dialect));
        continue;
      }
      outbox.flush();
      if (!receive(missing)) {
        return;
      }
    }
  }

  /** Waits for more bytes; false at the end of the stream. */
  private boolean receive(int missing) throws ErrnoException {
    ByteBuffer bytes = in.bytes();
    int unread = bytes.remaining();
    if (unread == 0 && in.capacity() > FIRST_BUFFER_BYTES) {
      in = Buffer.allocate(FIRST_BUFFER_BYTES);
      in.bytes().limit(0);
    } else if (unread + missing > in.capacity()) {
      moveInput(Math.max(unread + missing, 2 * in.capacity()));
    } else {
      bytes.compact().flip();
    }
    int at = in.bytes().limit();
    int count = socket.receive(in.memory(), at, (long) in.capacity() - at);
    in.bytes().limit(at + count);
    return count > 0;
  }

  /** Goes on with another input buffer; the former is left to whoever still uses its bytes. */
  private void moveInput(int capacity) {
    Buffer next = Buffer.allocate(Math.max(capacity, in.bytes().remaining()));
    next.bytes().put(in.bytes()).flip();
    in = next;
  }

  private void serve(int tag, Request request) throws ErrnoException, ProtocolException {
    Call before = pending.get(tag);
    if (before != null && !before.isAnswered()) {
      throw new ProtocolException("tag " + tag + " is in use");
    }
    switch (request) {
      case Tversion version -> version(tag, version);
      case Tflush flush -> flush(tag, flush.oldTag());
      default -> call(tag, request);
    }
  }

  private void call(int tag, Request request) throws ErrnoException {
    Request inner = request;
    Caller claimed = null;
    if (request instanceof SessionRequest.Tas as) {
      try {
        claimed = peer.claimed(as.caller());
      } catch (ErrnoException e) {
        putOwn(tag, new Rlerror(e.errno().number()));
        return;
      }
      inner = as.inner();
    }
    Call call = new Call(this, session, tag, claimed);
    if (pending.size() >= Limits.REQUESTS_PER_CONNECTION) {
      call.fail(Errno.EAGAIN);
      return;
    }
    try {
      dispatch(call, inner);
    } catch (ErrnoException e) {
      call.fail(e.errno());
    }
    if (!call.isInlineOrDefer()) {
      leaveTo(call);
    }
  }

  private void dispatch(Call call, Request request) throws ErrnoException {
    switch (request) {
      case UnknownRequest _ -> throw new ErrnoException(Errno.EOPNOTSUPP);
      case InodeRequest r -> ours.inode(call, r);
      case HandleRequest r -> ours.handle(call, r);
      case SessionRequest r -> ours.session(call, r);
      default -> plain.serve(call, request);
    }
  }

  /**
   * The call is answered later: what it reads from and writes into is left to it, and the reader
   * goes on.
   */
  private void leaveTo(Call call) {
    moveInput(FIRST_BUFFER_BYTES);
    DataSlot slot = call.slot();
    if (slot != null) {
      outbox.abandonOwn(slot.start());
    }
    pending.put(call.tag, call);
    if (call.isAnswered()) {
      pending.remove(call.tag, call);
    }
  }

  private void version(int tag, Tversion version) throws ErrnoException {
    FileService old = session;
    session = leader.openSession();
    old.close();
    pending.clear();
    fids.clear();
    anchor = null;
    int agreed;
    try {
      agreed = Dialect.msize(version.msize());
    } catch (ErrnoException e) {
      putOwn(tag, new Rlerror(e.errno().number()));
      return;
    }
    dialect = Dialect.answer(version.version());
    msize = agreed;
    frames.setMsize(agreed);
    putOwn(tag, new Rversion(agreed, dialect.version()));
  }

  private void flush(int tag, int oldTag) throws ErrnoException {
    Call call = pending.get(oldTag);
    if (call == null || !call.flush(tag)) {
      putOwn(tag, new Rflush());
    }
  }

  private void end() {
    session.close();
    outbox.close();
    leader.ended(this);
  }

  /** Ends the connection from outside; the reader then cleans up. */
  void shutdown() {
    socket.shutdown();
  }

  // ---- answers ----

  boolean isReader() {
    return Thread.currentThread().equals(reader);
  }

  /** By the reader, within the request: into its own buffer. */
  void answerInline(
      @Nullable Reply reply, DataSlot.@Nullable Filled filled, @Nullable DataSlot slot, int tag) {
    try {
      if (reply != null) {
        putOwn(tag, reply);
      } else if (filled != null && slot != null) {
        slot.end(filled);
      }
    } catch (ErrnoException e) {
      // The socket is broken; the reader finds out when it reads.
      socket.shutdown();
    }
  }

  private void putOwn(int tag, Reply reply) throws ErrnoException {
    ByteBuffer out = outbox.room(Replies.bytesMost(reply, msize));
    Replies.encode(reply, tag, out, msize);
  }

  /**
   * By any thread, with the call's monitor held: the reply, unless it was cancelled, and then what
   * flushed it.
   */
  void answerLate(
      Call call, @Nullable Reply reply, DataSlot.@Nullable Filled filled, List<Integer> flushTags) {
    if (call.session().equals(session)) {
      boolean cancelled =
          !flushTags.isEmpty()
              && reply instanceof Rlerror(int ecode)
              && ecode == Errno.EINTR.number();
      outbox.putLate(out -> {
        if (!cancelled) {
          putLate(out, call, reply, filled);
        }
        for (int flushTag : flushTags) {
          Replies.put(new Rflush(), flushTag, out, msize);
        }
      });
    }
    pending.remove(call.tag, call);
  }

  private void putLate(
      Outbox.Late out, Call call, @Nullable Reply reply, DataSlot.@Nullable Filled filled) {
    DataSlot slot = call.slot();
    if (reply != null) {
      Replies.put(reply, call.tag, out, msize);
    } else if (filled != null && slot != null) {
      ByteBuffer frame = slot.endAside(filled);
      out.room(frame.remaining()).put(frame);
    }
  }

  // ---- for the requests ----

  FidTable fids() {
    return fids;
  }

  FileService session() {
    return session;
  }

  Peer peer() {
    return peer;
  }

  Dialect dialect() {
    return dialect;
  }

  int msize() {
    return msize;
  }

  Executor pool() {
    return leader.pool();
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

  /** The reader's buffer with room for a reply of this size. */
  ByteBuffer ownRoom(int bytes) throws ErrnoException {
    return outbox.room(bytes);
  }
}
