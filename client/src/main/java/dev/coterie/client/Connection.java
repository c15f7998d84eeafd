package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.client.Held.Handle;
import dev.coterie.client.Held.Node;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a leader and the calls under way on it.
 *
 * <p>There is no thread of its own on the way of a call that somebody waits for: the waiting thread
 * reads, if nobody does, and gives others their answers until it has its own ({@link ReaderRole}).
 */
final class Connection {
  private final Socket socket; // immutable
  private final ReaderRole role; // immutable
  private final Tags tags; // immutable
  private final Output output; // immutable
  private final Receiver receiver; // immutable; of the reader
  private final @Nullable Lasting lasting; // immutable; null: a lost connection is not replaced
  private final @Nullable Heartbeat heartbeat; // immutable
  private final long closeNsMax; // immutable
  private final References references = new References(); // immutable
  private final Requests requests; // immutable
  private final Replies replies; // immutable
  private final Background background; // immutable
  private final AtomicBoolean over = new AtomicBoolean(); // atomic
  private volatile String reason = ""; // atomic: why the connection was lost
  private volatile @Nullable Runnable onLoss; // atomic

  Connection(
      Socket socket,
      Input input,
      Caller identity,
      int msize,
      long closeNsMax,
      @Nullable Lasting lasting) {
    this.socket = lasting == null ? socket : new SwitchingSocket(socket);
    this.lasting = lasting;
    this.role = new ReaderRole(this.socket);
    this.tags = new Tags(role);
    this.output = new Output(this.socket, role, msize);
    this.receiver = new Receiver(this.socket, input, output);
    this.closeNsMax = closeNsMax;
    this.requests =
        new Requests(
            references, identity, msize, lasting == null ? 0 : SessionRequest.Tonce.OVERHEAD_BYTES);
    this.background = new Background(this, role, output);
    this.replies = new Replies(references);
    this.heartbeat = lasting == null ? null : new Heartbeat(this, lasting);
  }

  ReaderRole role() {
    return role;
  }

  /** Why the connection was lost; empty if it was not. */
  String reason() {
    return reason;
  }

  /** Whether a lost connection is replaced. */
  boolean lasts() {
    return lasting != null;
  }

  /** What is to be done when a connection is lost that may be replaced; it must not wait. */
  void onLoss(Runnable action) {
    onLoss = action;
  }

  /** How many bytes one message of a caller can move. */
  int messageBytesMax(Caller caller) {
    return requests.dataBytes(caller);
  }

  // ---- calls ----

  /**
   * Does an operation and waits for its end.
   *
   * @param pending whose cancel gives it up, once it is sent
   */
  void run(Caller caller, Call<?> call, @Nullable Pending pending) throws ErrnoException {
    if (role.isMine()) {
      throw new IllegalStateException("a completion must not wait");
    }
    Request request = make(caller, call);
    waitForTag(call);
    if (waitForRoom(call)) {
      send(caller, call, request);
    }
    if (pending == null) {
      await(call);
      return;
    }
    pending.add(call);
    try {
      await(call);
    } finally {
      pending.remove(call);
    }
  }

  /**
   * Starts an operation that has a completion.
   *
   * @throws ErrnoException it was not started; EAGAIN too much is under way
   */
  void start(Caller caller, Call<?> call) throws ErrnoException {
    Request request = make(caller, call);
    if (output.isFull() || !takeTag(call)) {
      letGo(call);
      throw new ErrnoException(Errno.EAGAIN, call.operation.label());
    }
    send(caller, call, request);
  }

  /**
   * Sends the steps of a path together.
   *
   * @return false: there is no room for them now; nothing was sent
   * @throws ErrnoException as {@link #run}, before any was sent
   */
  boolean sendAll(Caller caller, InodeId dir, Ahead.Chain chain) throws ErrnoException {
    if (role.isMine()) {
      throw new IllegalStateException("a completion must not wait");
    }
    List<Call<?>> calls = chain.calls();
    List<Request> made;
    try {
      made = requests.steps(caller, dir, chain);
      if (output.isCrowded()) {
        letGoAll(calls);
        return false;
      }
    } catch (ErrnoException e) {
      letGoAll(calls);
      throw new ErrnoException(e.errno(), calls.getFirst().operation.label());
    }
    if (!takeTags(calls)) {
      return false;
    }
    int sent = output.send(calls, made);
    for (Call<?> call : calls.subList(sent, calls.size())) {
      endUnsent(call, Errno.EBADF); // as if the one before it had not made its fid
    }
    return true;
  }

  /** For all, or for none: then they are let go. */
  private boolean takeTags(List<Call<?>> calls) throws ErrnoException {
    int taken = 0;
    try {
      while (taken < calls.size() && tags.take(calls.get(taken))) {
        taken++;
      }
      if (taken == calls.size()) {
        return true;
      }
    } catch (ErrnoException e) {
      endUntaken(calls, taken);
      throw new ErrnoException(e.errno(), calls.getFirst().operation.label());
    }
    endUntaken(calls, taken);
    return false;
  }

  private void endUntaken(List<Call<?>> calls, int taken) {
    for (Call<?> call : calls.subList(0, taken)) {
      endUnsent(call, Errno.EAGAIN);
    }
    letGoAll(calls.subList(taken, calls.size()));
  }

  /** Gives back lookups; the leader learns of it with a later message. */
  void forget(InodeId id, long count) throws ErrnoException {
    tags.requireOpen();
    clunk(references.forget(id, count));
  }

  /**
   * Closes a handle without a message of its own, if nobody else has to see that at once.
   *
   * @param unheard nobody has come to know of it
   * @return false: nothing was done, and its Close is to be waited for
   */
  boolean closeQuietly(long handleNumber, boolean unheard) throws ErrnoException {
    tags.requireOpen();
    Handle handle =
        unheard ? references.close(handleNumber) : references.closeQuietly(handleNumber);
    if (handle == null) {
      return false;
    }
    clunk(handle.fid);
    clunk(references.drop(handle.node));
    return true;
  }

  /** Asks the leader to give a call up, if it is not over and can be given up. */
  void cancel(Call<?> call) {
    if (!call.isCancellable() || !tags.flush(call)) {
      return;
    }
    try {
      output.flush(call);
    } catch (ErrnoException e) {
      throw new AssertionError("a Tflush fits every frame", e);
    }
  }

  /** The message; null for a Close, whose handle stays good until the call has a tag. */
  private @Nullable Request make(Caller caller, Call<?> call) throws ErrnoException {
    if (call.operation instanceof Operation.Close && call.parts.isEmpty()) {
      return null;
    }
    try {
      return requests.make(caller, call);
    } catch (ErrnoException e) {
      letGo(call);
      throw new ErrnoException(e.errno(), call.operation.label());
    } catch (RuntimeException e) {
      letGo(call);
      throw e;
    }
  }

  private void waitForTag(Call<?> call) throws ErrnoException {
    if (takeTag(call)) {
      return;
    }
    await(tags.queue(call));
    if (call.tag < 0) {
      letGo(call);
      tags.requireOpen();
      throw new ErrnoException(Errno.EINTR, call.operation.label());
    }
  }

  /** False: there is none free. */
  private boolean takeTag(Call<?> call) throws ErrnoException {
    call.once = lasting != null && Lasting.isOnce(call);
    if (call.completion != null) {
      background.begun(call.operation); // before it has its tag: there is a reader until its end
    }
    boolean taken = false;
    try {
      taken = tags.take(call);
    } catch (ErrnoException e) {
      letGo(call);
      throw new ErrnoException(e.errno(), call.operation.label());
    } finally {
      if (!taken && call.completion != null) {
        background.ended(call.operation);
      }
    }
    return taken;
  }

  /**
   * Waits until the output is not crowded; a Close is small and does not.
   *
   * @return false: the thread was interrupted, and the call is over without having been sent
   */
  private boolean waitForRoom(Call<?> call) {
    while (call.isCancellable() && output.isCrowded()) {
      await(output.room());
      if (Thread.currentThread().isInterrupted() && output.isCrowded()) {
        endUnsent(call, Errno.EINTR);
        return false;
      }
    }
    return true;
  }

  private void send(Caller caller, Call<?> call, @Nullable Request request) {
    if (request != null) {
      send(call, request);
    } else if (call.operation instanceof Operation.Close close) {
      close(caller, call, close);
    }
  }

  private void send(Call<?> call, Request request) {
    call.request = request;
    try {
      output.send(call);
    } catch (ErrnoException e) {
      endUnsent(call, Requests.tooLong(call.operation));
    } catch (OutOfMemoryError e) {
      endUnsent(call, Errno.ENOMEM); // for a larger buffer
    }
  }

  private void close(Caller caller, Call<?> call, Operation.Close close) {
    Handle handle;
    try {
      handle = references.close(close.handle());
    } catch (ErrnoException e) {
      endUnsent(call, e.errno());
      return;
    }
    clunk(references.drop(handle.node));
    call.replyType = P9.RCLUNK;
    call.newFid = handle.fid; // free when the call is over, whatever came of it
    Request request = requests.as(caller, new BaseRequest.Tclunk(handle.fid));
    call.request = request;
    if (!references.leaveClosing(handle, call)) {
      send(call, request);
      return;
    }
    // Calls on it end soon by themselves, but one that waits.
    for (Call<?> wait : tags.waits(handle)) {
      wait.handleClosed = true;
      cancel(wait);
    }
  }

  /** Ends a call that has a tag and was not sent. */
  private void endUnsent(Call<?> call, Errno errno) {
    if (tags.giveBack(call)) {
      finish(call, null, errno);
    }
  }

  private void clunk(int fid) {
    if (fid != P9.NOFID) {
      output.clunk(fid);
      background.wakeForClunk();
    }
  }

  // ---- ending calls: for whoever took them out of the table ----

  private void finish(Call<?> call, @Nullable Object answer, @Nullable Errno errno) {
    letGo(call);
    call.finish(answer, errno);
    if (call.completion != null) {
      background.ended(call.operation);
    }
  }

  /** The call needs nothing any more: what it used, and the fids for what did not come to be. */
  private void letGo(Call<?> call) {
    if (call.newFid != P9.NOFID) {
      references.freeFid(call.newFid);
    }
    if (call.newHandleFid != P9.NOFID) {
      references.freeFid(call.newHandleFid);
    }
    if (call.first != null) {
      unuse(call.first);
    }
    if (call.second != null) {
      unuse(call.second);
    }
    if (call.closes != null) {
      clunk(references.settle(call.closes, call.isAnswered));
    }
    letGoAll(call.parts);
  }

  private void letGoAll(List<Call<?>> calls) {
    for (Call<?> call : calls) {
      letGo(call);
    }
  }

  private void unuse(Held held) {
    if (!references.unuse(held)) {
      return;
    }
    if (held instanceof Node node) {
      clunk(References.clunkable(node));
    } else if (held instanceof Handle handle) {
      Call<?> closing = handle.closing;
      if (closing != null && closing.request != null) {
        send(closing, closing.request);
      }
    }
  }

  // ---- waiting and reading ----

  /**
   * Waits until it has come about, reading if nobody else does; as a virtual thread, never. An
   * interrupt does not end the wait, and the thread's interrupt status is as before.
   */
  void await(Waiting waiting) {
    if (Thread.currentThread().isVirtual()) {
      background.begun(null); // so that there is one to read for it
      try {
        await(waiting, false);
      } finally {
        background.ended(null);
      }
    } else {
      await(waiting, true);
    }
  }

  private void await(Waiting waiting, boolean mayRead) {
    boolean interrupted = false;
    while (!waiting.isDone() && !waiting.isLeftToOthers()) {
      if (!mayRead) {
        LockSupport.park(role);
      } else if (role.tryTake(waiting)) {
        try {
          read(waiting);
        } finally {
          role.release(waiting);
        }
      } else {
        role.park(waiting);
      }
      if (Thread.interrupted() && !interrupted) {
        interrupted = true;
        waiting.interrupted();
      }
    }
    role.leave(waiting);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads and dispatches until that has come about or this thread is interrupted. */
  private void read(Waiting waiting) {
    while (!waiting.isDone()
        && !waiting.isLeftToOthers()
        && !Thread.currentThread().isInterrupted()) {
      try {
        assert role.isMine() : "only the reader waits in the socket";
        int received = receiver.receive();
        if (received < 0) {
          lost("the leader closed the connection");
        } else if (received == 0 && output.broken() != null) {
          lost("the leader is gone");
        } else {
          dispatchAll();
        }
      } catch (ProtocolException e) {
        gone("the leader broke the protocol: " + e.getMessage());
      } catch (IOException e) {
        lost("the connection broke: " + e.getMessage());
      } catch (OutOfMemoryError e) {
        gone("no memory for what the leader sent");
      }
    }
  }

  private void dispatchAll() throws ProtocolException {
    Input input = receiver.input();
    FrameReader frames = input.frames();
    while (input.next()) {
      dispatch(frames.tag(), frames.type(), frames);
    }
  }

  private void dispatch(int tag, int type, FrameReader frames) throws ProtocolException {
    if (tag < Tags.CALLS) {
      answered(tags.answered(tag), type, frames);
    } else if (tag < Tags.CALLS + Tags.CLUNKS) {
      for (int fid : output.clunked(tag, frames.reply(), references)) {
        clunk(fid);
      }
    } else if ((tag & Tags.FLUSH) != 0 && type == P9.RFLUSH) {
      Call<?> cancelled = tags.flushed(tag & ~Tags.FLUSH);
      if (cancelled != null) {
        finish(cancelled, null, Errno.EINTR);
      }
    } else if (tag == P9.NOTAG && type == P9.RLERROR) {
      Errno farewell = ((LinuxReply.Rlerror) frames.reply()).errno();
      gone("the leader ended the connection: " + farewell.text());
    } else {
      throw new ProtocolException("a reply of type " + type + " to tag " + tag);
    }
  }

  private void answered(Call<?> call, int type, FrameReader frames) throws ProtocolException {
    Object answer = null;
    Errno errno = null;
    try {
      if (type == P9.RLERROR) {
        errno = ((LinuxReply.Rlerror) frames.reply()).errno();
      } else if (type == call.replyType) {
        answer = replies.take(call, frames);
        clunk(call.surplusFid);
        for (int i = 0; i < call.parts.size(); i++) {
          clunk(call.parts.get(i).surplusFid);
        }
      } else {
        throw new ProtocolException("type " + type + " where " + call.replyType + " answers");
      }
    } catch (ProtocolException e) {
      finish(call, null, Errno.EIO);
      throw e;
    } catch (BufferOverflowException e) {
      errno = Errno.EIO; // the caller changed its buffer under way
    } catch (RuntimeException e) {
      errno = Errno.EIO; // our fault, but not that of the thread that happens to read
      Call.report(e);
    }
    finish(call, answer, errno);
  }

  // ---- the end ----

  /** Ends the session; what is under way ends with ESTALE. */
  void close() {
    if (end(End.CLOSED)) {
      if (!role.isMine()) {
        awaitEnd(System.nanoTime() + closeNsMax);
      }
      socket.close();
    }
  }

  /** As the reader: another would be waiting in the socket for the same wake-ups. */
  private void awaitEnd(long deadline) {
    if (role.takeBefore(deadline)) {
      try {
        if (lasting != null) {
          lasting.end(socket, receiver.input(), deadline);
        }
        socket.awaitEnd(deadline);
      } finally {
        role.release();
      }
    }
  }

  private void lost(String why) {
    if (lasting == null || !(socket instanceof SwitchingSocket current)) {
      gone(why);
      return;
    }
    Runnable told = onLoss;
    if (told != null) {
      told.run();
    }
    output.suspend(new ClosedChannelException());
    current.close();
    Handshake.Resumed next = lasting.again(over);
    if (next == null) {
      gone(why);
      return;
    }
    receiver.replace(next.input());
    current.switchTo(next.socket());
    for (Call<?> call : output.restart(tags)) {
      // The leader may know these fids, or not.
      call.newFid = P9.NOFID;
      call.newHandleFid = P9.NOFID;
      finish(call, null, Errno.EIO);
    }
    if (over.get()) {
      current.close();
    }
  }

  private void gone(String why) {
    reason = why;
    if (end(End.LOST)) {
      socket.close();
    }
  }

  /** False: it was over before. Otherwise the socket is left to the caller. */
  private boolean end(End why) {
    if (!over.compareAndSet(false, true)) {
      return false;
    }
    List<Call<?>> calls = tags.close(why);
    output.close(new ClosedChannelException());
    for (int i = 0; i < calls.size(); i++) {
      finish(calls.get(i), null, why.pending());
    }
    background.end();
    if (heartbeat != null) {
      heartbeat.end();
    }
    role.poke(); // who reads has nothing to wait for any more
    return true;
  }
}
