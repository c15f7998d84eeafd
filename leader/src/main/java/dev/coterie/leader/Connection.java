package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.sys.StreamSocket;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseReply.Rversion;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.BaseRequest.Tversion;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.HandleRequest.Tappend;
import dev.coterie.wire.HandleRequest.Treadseq;
import dev.coterie.wire.HandleRequest.Twriteseq;
import dev.coterie.wire.KeyRequest.Treturnkey;
import dev.coterie.wire.LeaseRequest.Tleaseret;
import dev.coterie.wire.LeaseRequest.Tlockret;
import dev.coterie.wire.LeaseRequest.Tnotify;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One client's connection: its reader thread, and its requests that are not answered yet. */
final class Connection implements Runnable {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  /** A proposed version is looked at so far: all that are known are shorter. */
  private static final int VERSION_CHARS = 64;

  /** How many times larger an input buffer may become at a time. */
  private static final int INPUT_GROWTH = 8;

  /** For so many receives after one that filled the input buffer the next such one is expected. */
  private static final int BURST_RECEIVES = 16;

  private final Leader leader;
  private final StreamSocket socket;
  private final Peer peer;
  private final Outbox outbox;
  private final ConcurrentHashMap<Integer, Call> pending =
      new ConcurrentHashMap<>(); // by tag; by that of each Tflush which waits for it too
  private final AtomicLong leftBytes = new AtomicLong(); // of buffers that calls have
  private final FrameReader frames = new FrameReader(Limits.MSIZE_MIN_BYTES);
  private final AtomicInteger unbounded = new AtomicInteger(); // of pending: count for no limit
  private volatile boolean endsHere; // by us, so the client may not know of it yet
  private final AtomicBoolean faulty = new AtomicBoolean();
  private final AtomicLong requests = new AtomicLong(); // counted by the reader alone
  private Buffer in; // the reader's alone; unread bytes from position to limit
  private int burst; // the reader's alone: for how many receives a larger one is worth while
  private volatile Conversation conversation; // written by the reader
  private final Thread reader; // started by start()

  Connection(Leader leader, StreamSocket socket, Peer peer) {
    this.leader = leader;
    this.socket = socket;
    this.peer = peer;
    this.outbox = new Outbox(socket, leader.buffers());
    this.in = leader.buffers().take(BufferPool.IDLE_BYTES);
    this.in.bytes().limit(0);
    this.reader =
        Thread.ofPlatform().daemon().name("coterie-reader-" + peer.self().pid()).unstarted(this);
    this.conversation = Conversation.unknown(this);
    outbox.begin(conversation);
  }

  /** Begins to serve; false if there is no thread for it, and then the socket is the caller's. */
  boolean start() {
    try {
      reader.start();
      return true;
    } catch (OutOfMemoryError e) {
      // "unable to create native thread": pthread_create(3), EAGAIN
      conversation.close();
      outbox.giveBack();
      leader.buffers().give(in);
      leader.ended(this);
      return false;
    }
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
      endsHere = true;
      leader.complaints().say("connection of " + peer + " ended: " + e.getMessage());
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection of {0} lost: {1}", peer, e.getMessage());
    } catch (RuntimeException | Error e) {
      fault(e);
    } finally {
      end();
    }
  }

  /** A broken invariant of our own costs this session, and nobody else notices. By any thread. */
  void fault(Throwable e) {
    endsHere = true;
    socket.shutdown();
    if (faulty.compareAndSet(false, true)) {
      leader.countFault();
      Complaints.log(System.Logger.Level.ERROR, "connection of " + peer + " ended by a fault", e);
    }
  }

  private void read() throws ErrnoException, ProtocolException {
    while (true) {
      int missing = frames.next(in.bytes());
      if (missing == 0) {
        requests.setOpaque(requests.getPlain() + 1);
        serve(frames.tag(), frames.request(conversation.dialect()));
        continue;
      }
      outbox.settle();
      if (!receive(missing)) {
        return;
      }
    }
  }

  /** Waits for more bytes; false at the end of the stream. */
  private boolean receive(int missing) throws ErrnoException {
    int capacity = capacityFor(missing);
    if (capacity > in.capacity() || (capacity < in.capacity() && !in.bytes().hasRemaining())) {
      Buffer before = in;
      moveInput(capacity);
      leader.buffers().give(before);
    } else {
      in.bytes().compact().flip();
    }
    int at = in.bytes().limit();
    int count = socket.receive(in.memory(), at, (long) in.capacity() - at);
    in.bytes().limit(at + count);
    burst = at + count == in.capacity() ? BURST_RECEIVES : Math.max(0, burst - 1);
    return count > 0;
  }

  /**
   * How large an input buffer is worth while. One beyond {@link BufferPool#BURST_BYTES} is for a
   * frame that has filled this one, not for one that only says that it is large; and it grows by
   * steps, as the frame comes.
   */
  private int capacityFor(int missing) {
    int unread = in.bytes().remaining();
    if (unread == in.capacity()) {
      return Math.min(unread + missing, INPUT_GROWTH * in.capacity());
    }
    return burst > 0 ? BufferPool.BURST_BYTES : BufferPool.IDLE_BYTES;
  }

  /** Goes on with another input buffer; the former is left to whoever still uses its bytes. */
  private void moveInput(int capacity) {
    Buffer next = leader.buffers().take(Math.max(capacity, in.bytes().remaining()));
    next.bytes().put(in.bytes()).flip();
    in = next;
  }

  private void serve(int tag, Request request) throws ErrnoException, ProtocolException {
    Call before = pending.get(tag);
    if (before != null && !before.isAnswered()) {
      throw new ProtocolException("tag " + tag + " is in use");
    }
    if (tag == P9.NOTAG && !(request instanceof Tversion)) {
      throw new ProtocolException("type " + request.type() + " without a tag");
    }
    conversation.heard();
    switch (request) {
      case Tversion version -> version(tag, version);
      case Tflush flush -> flush(tag, flush.oldTag());
      default -> call(tag, request);
    }
  }

  private void call(int tag, Request request) throws ErrnoException {
    SessionRequest.Tonce once = request instanceof SessionRequest.Tonce o ? o : null;
    Request inner = once != null ? once.inner() : request;
    Caller claimed = null;
    Errno refusal = conversation.client().isOver() ? Errno.ESTALE : null;
    if (inner instanceof SessionRequest.Tas as) {
      try {
        claimed = peer.claimed(as.caller());
      } catch (ErrnoException e) {
        refusal = refusal != null ? refusal : e.errno();
      }
      inner = as.inner();
    }
    Call call = new Call(conversation, tag, claimed);
    if (once != null && !conversation.beginOnce(call, once)) {
      if (!call.isInlineOrDefer()) {
        leaveTo(call, once);
      }
      return;
    }
    if (refusal != null) {
      call.fail(refusal);
      return;
    }
    boolean refused =
        (isBounded(inner) && isFull(Limits.REQUESTS_PER_CONNECTION)) || tooMuchLeft(inner);
    if (refused && !hasOwnCredit(inner)) {
      call.fail(Errno.EAGAIN);
      return;
    }
    try {
      conversation.dispatch(call, inner);
    } catch (ErrnoException e) {
      call.fail(e.errno());
    }
    if (!call.isInlineOrDefer()) {
      leaveTo(call, inner);
    }
  }

  /**
   * Requests wait for leases of others; so what gives leases back, and what says which to give
   * back, must not wait for requests. Of the one that waits by itself there is no more than one.
   */
  private static boolean isBounded(Request request) {
    if (request instanceof SessionRequest.Tdo several) {
      return several.requests().stream().anyMatch(Connection::isBounded);
    }
    return !(request instanceof Tnotify)
        && !(request instanceof Tleaseret)
        && !(request instanceof Tlockret)
        && !(request instanceof Treturnkey);
  }

  private boolean isFull(int most) {
    return pending.size() - unbounded.get() >= most;
  }

  /**
   * What is kept back comes before its lease is given back, and so must not wait for requests
   * either. It has as much room as all else.
   */
  private boolean hasOwnCredit(Request request) {
    return conversation.writesBack(request) && !isFull(2 * Limits.REQUESTS_PER_CONNECTION);
  }

  /** Whether this request might have to keep its buffer, and too much is kept already. */
  private boolean tooMuchLeft(Request request) {
    long left = leftBytes.get();
    if (left == 0) {
      return false;
    }
    int bytes =
        switch (request) {
          case Tread r -> P9.ioCount(r.count(), conversation.msize());
          case Treadseq r -> P9.ioCount(r.count(), conversation.msize());
          default -> readsFromInput(request) ? in.capacity() : 0;
        };
    return bytes > 0 && left + bytes > Limits.PARKED_BYTES_PER_CONNECTION;
  }

  private static boolean readsFromInput(Request request) {
    if (request instanceof SessionRequest.Tdo several) {
      return Compound.readsFromInput(several);
    }
    return request instanceof Twrite || request instanceof Tappend || request instanceof Twriteseq;
  }

  /**
   * The call is answered later: what it reads from and writes into is left to it, and the reader
   * goes on.
   */
  private void leaveTo(Call call, Request request) {
    Buffer input = null;
    if (readsFromInput(request)) {
      input = in;
      moveInput(BufferPool.IDLE_BYTES);
    }
    DataSlot slot = call.slot();
    Buffer output = slot == null ? null : outbox.abandonOwn(slot.start());
    leftBytes.addAndGet(bytesOf(input) + bytesOf(output));
    if (!isBounded(request)) {
      call.countsForNoLimit();
      unbounded.incrementAndGet();
    }
    Call before = pending.put(call.tag, call);
    if (before != null && before.tag == call.tag && before.isUnbounded()) {
      unbounded.decrementAndGet(); // answered, and its forgetting comes too late
    }
    if (!call.leave(input, output)) {
      forget(call);
      takeBack(input, output);
    }
  }

  private void forget(Call call) {
    if (pending.remove(call.tag, call) && call.isUnbounded()) {
      unbounded.decrementAndGet();
    }
  }

  private static long bytesOf(@Nullable Buffer buffer) {
    return buffer == null ? 0 : buffer.capacity();
  }

  /** Buffers that were left to a call are free again. By any thread. */
  void takeBack(@Nullable Buffer input, @Nullable Buffer output) {
    if (input != null) {
      leader.buffers().give(input);
    }
    if (output != null) {
      leader.buffers().give(output);
    }
    leftBytes.addAndGet(-(bytesOf(input) + bytesOf(output)));
  }

  /** Counts what a request holds beside those. EAGAIN too much. */
  void hold(long bytes) throws ErrnoException {
    long left = leftBytes.addAndGet(bytes);
    if (left > Limits.PARKED_BYTES_PER_CONNECTION) {
      leftBytes.addAndGet(-bytes);
      throw new ErrnoException(Errno.EAGAIN);
    }
  }

  void letGo(long bytes) {
    leftBytes.addAndGet(-bytes);
  }

  private void version(int tag, Tversion version) throws ErrnoException {
    Conversation before = conversation;
    Conversation next;
    Reply reply;
    try {
      int agreed = Dialect.msize(version.msize());
      String proposed = version.version();
      Dialect dialect =
          Dialect.answer(proposed.substring(0, Math.min(proposed.length(), VERSION_CHARS)));
      next =
          dialect == Dialect.UNKNOWN
              ? Conversation.unknown(this)
              : new Conversation(this, dialect, agreed);
      reply = new Rversion(agreed, dialect.version());
    } catch (ErrnoException e) {
      next = Conversation.unknown(this);
      reply = new Rlerror(e.errno().number());
    }
    outbox.begin(next);
    conversation = next;
    pending.values().forEach(Call::cancel);
    before.close();
    pending.clear();
    unbounded.set(0);
    frames.setMsize(next.msize());
    putOwn(tag, reply);
  }

  private void flush(int tag, int oldTag) throws ErrnoException {
    Call call = pending.get(oldTag);
    if (call == null) {
      putOwn(tag, new Rflush());
      return;
    }
    pending.put(tag, call);
    if (!call.flush(tag)) {
      pending.remove(tag, call);
      putOwn(tag, new Rflush());
    }
  }

  private void end() {
    try {
      outbox.begin(null);
      for (Call call : pending.values()) {
        if (!call.isOutliving()) {
          call.cancel();
        }
      }
    } catch (RuntimeException | Error e) {
      fault(e);
    }
    try {
      if (endsHere) {
        conversation.endHere();
      } else {
        conversation.lost();
      }
    } catch (RuntimeException | Error e) {
      fault(e);
    } finally {
      outbox.close();
      leader.buffers().give(in);
      leader.ended(this);
    }
  }

  /** Ends the connection from outside; the reader then cleans up. */
  void shutdown() {
    endsHere = true;
    socket.shutdown();
  }

  /** Its session goes on with another; the reader then cleans up. By any thread. */
  void replaced() {
    socket.shutdown();
  }

  /** Nothing is answered any more; the reader then cleans up. By any thread. */
  void leaseExpired() {
    leader.complaints().say("connection of " + peer + " ended: it did not give back a lease");
    socket.shutdown(); // last: whoever waited for it may go on at once
  }

  // ---- answers ----

  /** Whether anything is under way beside what the reader is at. */
  boolean hasPending() {
    return !pending.isEmpty();
  }

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
    int msize = conversation.msize();
    ByteBuffer out = outbox.room(Replies.bytesMost(reply, msize));
    Replies.encode(reply, tag, out, msize);
  }

  /**
   * By any thread, with the call's monitor held: the reply, unless it was cancelled, and then what
   * flushed it.
   */
  void answerLate(
      Call call, @Nullable Reply reply, DataSlot.@Nullable Filled filled, List<Integer> flushTags) {
    boolean cancelled =
        !flushTags.isEmpty()
            && reply instanceof Rlerror(int ecode)
            && ecode == Errno.EINTR.number();
    int size = call.conversation().msize();
    outbox.putLate(
        call.conversation(),
        out -> {
          if (!cancelled) {
            putLate(out, call, reply, filled);
          }
          for (int flushTag : flushTags) {
            Replies.put(new Rflush(), flushTag, out, size);
          }
        });
    forget(call);
    for (int flushTag : flushTags) {
      pending.remove(flushTag, call);
    }
  }

  private static void putLate(
      Outbox.Late out, Call call, @Nullable Reply reply, DataSlot.@Nullable Filled filled) {
    DataSlot slot = call.slot();
    if (reply != null) {
      Replies.put(reply, call.tag, out, call.conversation().msize());
    } else if (filled != null && slot != null) {
      ByteBuffer frame = slot.endAside(filled);
      out.room(frame.remaining()).put(frame);
    }
  }

  // ---- for the requests ----

  Leader leader() {
    return leader;
  }

  Peer peer() {
    return peer;
  }

  ThreadPoolExecutor pool() {
    return leader.pool();
  }

  /** Requests taken so far. */
  long requestCount() {
    return requests.getOpaque();
  }

  /** Fids there are now. */
  int fidCount() {
    return conversation.fids().size();
  }

  /** The reader's buffer with room for a reply of this size. */
  ByteBuffer ownRoom(int bytes) throws ErrnoException {
    return outbox.room(bytes);
  }
}
