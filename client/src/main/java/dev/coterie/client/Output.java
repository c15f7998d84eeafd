package dev.coterie.client;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply;
import dev.coterie.wire.SessionRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to the leader: frames are put into one buffer while the other is written.
 *
 * <p>The thread that finds nobody writing becomes the writer, and what others put meanwhile goes
 * with its next write. Nobody ever waits for the socket here: when it takes no more, the writer
 * leaves the rest <i>stalled</i>, to whoever reads next or reads now ({@link #resume}), who waits
 * until the socket can be read or written, whichever is first. So a leader that does not read
 * because we do not read its replies is read.
 *
 * <p>Clunks that nobody waits for ride along in front of the next request, all in one message;
 * {@link Background} sends them off if there is none soon.
 */
final class Output {
  private static final int INITIAL_BYTES = 1 << 16;

  /** Unsent bytes from which on a thread that can wait does so before it puts more. */
  private static final int CROWDED_BYTES = 1 << 20;

  /** Unsent bytes from which on nothing more is taken from those who cannot wait. */
  private static final int FULL_BYTES = 16 << 20;

  /** A larger buffer is not kept when it has become empty. */
  private static final int KEPT_BYTES = 4 << 20;

  /** Clunks from which on no request is waited for to take them along. */
  private static final int CLUNKS_RIDING = 16;

  /** Writes after which one thread has done enough for the others. */
  private static final int ROUNDS = 8;

  private static final int[] NONE = {};

  private static final int CLUNK_BYTES = P9.HEADER_BYTES + Integer.BYTES;

  /** A thread that waits until the output is not crowded any more. */
  static final class Room extends Waiting {
    private volatile boolean done; // atomic

    @Override
    boolean isDone() {
      return done;
    }

    @Override
    void interrupted() {
      done = true;
    }
  }

  private final Socket socket; // immutable
  private final ReaderRole role; // immutable
  private final int msize; // immutable
  private ByteBuffer filling = ByteBuffer.allocateDirect(INITIAL_BYTES); // guarded by this
  private ByteBuffer emptying; // owned by the writer; by the reader while stalled
  private boolean ended; // guarded by this: nothing is written ever again
  private boolean writing; // guarded by this: there is a writer, or the output is stalled
  private volatile boolean stalled; // atomic; true: the writer left, a reader is to go on
  private long sends; // guarded by this: calls so far
  private volatile @Nullable IOException broken; // atomic; once set, nothing is written any more
  private int[] clunks = new int[CLUNKS_RIDING]; // guarded by this: fids to clunk, oldest first
  private int clunkCount; // guarded by this
  private final int[][] clunkFids = new int[Tags.CLUNKS][]; // guarded by this: by tag, none: free
  private int clunkTags = Tags.CLUNKS; // guarded by this: how many of them are free
  private final ArrayDeque<Room> crowd = new ArrayDeque<>(0); // guarded by this

  Output(Socket socket, ReaderRole role, int msize) {
    this.socket = socket;
    this.role = role;
    this.msize = msize;
    this.emptying = ByteBuffer.allocateDirect(INITIAL_BYTES).limit(0);
    Arrays.fill(clunkFids, NONE);
  }

  /**
   * Puts a call's frame and sees to it that it is written, by this thread or another.
   *
   * @throws ErrnoException EMSGSIZE no frame of the agreed size can hold it; nothing was put
   */
  void send(Call<?> call) throws ErrnoException {
    synchronized (this) {
      if (broken == null) {
        putClunks();
      }
      put(call.tag, call.frame());
      sent(call);
      if (broken != null) {
        filling.clear();
        return; // the reader will see it and end what waits for an answer, or send it again
      }
      if (writing) {
        return;
      }
      beginWriting();
    }
    write();
  }

  /** Under the lock. */
  private void sent(Call<?> call) {
    call.order = ++sends;
    call.sent = true;
  }

  /** Puts the Tflush of a call. */
  void flush(Call<?> call) throws ErrnoException {
    synchronized (this) {
      if (call.failed) {
        return;
      }
      call.flushSent = true;
      if (broken != null) {
        return;
      }
      putClunks();
      put(Tags.FLUSH | call.tag, new BaseRequest.Tflush(call.tag));
      if (writing) {
        return;
      }
      beginWriting();
    }
    write();
  }

  /**
   * Puts frames one after the other, with nothing between them, and sees to it that they are
   * written.
   *
   * @return how many were put: fewer if there is no memory for all, or no frame can hold one
   */
  int send(List<Call<?>> calls, List<Request> requests) {
    int count = 0;
    synchronized (this) {
      if (broken != null) {
        for (int i = 0; i < calls.size(); i++) {
          sent(calls.get(i));
        }
        return calls.size(); // as in the other send
      }
      try {
        putClunks();
        while (count < calls.size()) {
          put(calls.get(count).tag, requests.get(count));
          sent(calls.get(count));
          count++;
        }
      } catch (ErrnoException | OutOfMemoryError e) {
        if (filling.position() == 0) {
          return count;
        }
      }
      if (writing) {
        return count;
      }
      beginWriting();
    }
    write();
    return count;
  }

  /** Clunks a fid with the next request, without waiting for the answer. */
  void clunk(int fid) {
    synchronized (this) {
      if (clunkCount == clunks.length) {
        clunks = Arrays.copyOf(clunks, 2 * clunkCount);
      }
      clunks[clunkCount++] = fid;
      if (clunkCount < CLUNKS_RIDING) {
        return;
      }
    }
    flush();
  }

  /** Writes what rides along, without a request to ride with. */
  void flush() {
    synchronized (this) {
      if (broken != null) {
        return;
      }
      putClunks();
      if (writing || filling.position() == 0) {
        return;
      }
      beginWriting();
    }
    write();
  }

  /** Whether clunks wait for a request to take them along. */
  synchronized boolean rides() {
    return clunkCount > 0 && broken == null;
  }

  /** Whether clunks wait for others to be answered. */
  synchronized boolean lacksClunkTags() {
    return clunkCount > 0 && clunkTags == 0 && broken == null;
  }

  /**
   * Clunks were answered.
   *
   * @return the fids of those that were not begun, as one before them failed
   */
  int[] clunked(int tag, Reply reply, References references) throws ProtocolException {
    boolean more;
    int[] fids;
    synchronized (this) {
      int index = tag - Tags.CALLS;
      fids = clunkFids[index];
      clunkFids[index] = NONE;
      clunkTags++;
      more = clunkCount >= CLUNKS_RIDING && clunkTags >= CLUNKS_RIDING;
    }
    // "The fid is gone even when an error is returned"; and of all when the session is over.
    int done =
        reply instanceof SessionReply.Rdo several ? several.replies().size() : fids.length;
    if (done == 0 || done > fids.length) {
      throw new ProtocolException("a reply to tag " + tag + ", which waits for " + fids.length);
    }
    for (int i = 0; i < done; i++) {
      references.freeFid(fids[i]);
    }
    if (more) {
      flush();
    }
    return Arrays.copyOfRange(fids, done, fids.length);
  }

  /** Whether those who can wait should. */
  synchronized boolean isCrowded() {
    return broken == null && writing && filling.position() >= CROWDED_BYTES;
  }

  /** Whether even those who cannot wait are sent away. */
  synchronized boolean isFull() {
    return broken == null && writing && filling.position() >= FULL_BYTES;
  }

  /** What to wait for while {@link #isCrowded}. */
  synchronized Room room() {
    Room room = new Room();
    if (isCrowded()) {
      crowd.add(room);
    } else {
      room.done = true;
    }
    return room;
  }

  // ---- for the reader ----

  /** Whether the reader has to wait for the socket to take more, too. */
  boolean isStalled() {
    return stalled && broken == null;
  }

  /** Writes on where a writer left. Only for the reader. */
  void resume() {
    if (stalled) {
      stalled = false;
      write();
    }
  }

  /** Why nothing can be written any more. */
  @Nullable IOException broken() {
    return broken;
  }

  /** Nothing will be written any more. */
  void close(IOException reason) {
    synchronized (this) {
      ended = true;
    }
    fail(reason);
  }

  private void fail(IOException reason) {
    synchronized (this) {
      broken = reason;
    }
    admit();
  }

  // ---- a session that lasts ----

  /** Nothing is written until {@link #restart}; nobody uses the socket when this returns. */
  void suspend(IOException reason) {
    boolean interrupted = false;
    synchronized (this) {
      broken = broken == null ? reason : broken;
      while (writing && !stalled) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    admit();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Goes on, on a new connection of the session: what has no answer is sent again first.
   *
   * @return the calls that are not, and are to be finished by the caller
   */
  List<Call<?>> restart(Tags tags) {
    Tags.Again again;
    synchronized (this) {
      if (ended) {
        return List.of();
      }
      filling.clear();
      emptying.clear().limit(0);
      stalled = false;
      again = tags.again();
      putAgain(again);
      broken = null;
      beginWriting();
    }
    write();
    return again.lost();
  }

  private void putAgain(Tags.Again again) {
    try {
      // As before, so that no return of a lease is passed by what asks for it, nor by another.
      again.calls().sort(Comparator.comparingLong(call -> call.order));
      for (Call<?> call : again.calls()) {
        put(call.tag, call.frame());
      }
      for (int i = 0; i < clunkFids.length; i++) {
        if (clunkFids[i].length > 0) {
          putClunks(Tags.CALLS + i, clunkFids[i]);
        }
      }
      for (Call<?> call : again.flushes()) {
        put(Tags.FLUSH | call.tag, new BaseRequest.Tflush(call.tag));
      }
    } catch (ErrnoException e) {
      throw new AssertionError("it fitted before", e);
    }
  }

  // ---- putting: under the lock ----

  private void put(int tag, Request request) throws ErrnoException {
    while (true) {
      try {
        request.encode(tag, filling, msize);
        return;
      } catch (ErrnoException e) {
        if (filling.remaining() >= msize) {
          throw e;
        }
        grow(2 * filling.capacity());
      }
    }
  }

  private void putClunks() {
    int index = 0;
    while (clunkCount > 0 && clunkTags > 0) {
      while (clunkFids[index].length > 0) {
        index++;
      }
      int[] fids = Arrays.copyOf(clunks, Math.min(clunkCount, Limits.COMPOUND_OPERATIONS));
      clunkFids[index] = fids;
      clunkTags--;
      clunkCount -= fids.length;
      System.arraycopy(clunks, fids.length, clunks, 0, clunkCount);
      putClunks(Tags.CALLS + index, fids);
    }
  }

  private void putClunks(int tag, int[] fids) {
    boolean several = fids.length > 1;
    int bytes = fids.length * CLUNK_BYTES + (several ? SessionRequest.Tdo.OVERHEAD_BYTES : 0);
    if (filling.remaining() < bytes) {
      grow(filling.capacity() + bytes);
    }
    filling.order(ByteOrder.LITTLE_ENDIAN);
    if (several) {
      filling.putInt(bytes).put((byte) P9.TDO).putShort((short) tag);
      filling.putInt(0).putShort((short) fids.length);
    }
    for (int i = 0; i < fids.length; i++) {
      filling.putInt(CLUNK_BYTES).put((byte) P9.TCLUNK).putShort((short) (several ? i : tag));
      filling.putInt(fids[i]);
    }
  }

  private void grow(int bytes) {
    filling = ByteBuffer.allocateDirect(bytes).put(filling.flip());
  }

  private void beginWriting() {
    writing = true;
    swap();
  }

  private void swap() {
    ByteBuffer empty = emptying;
    emptying = filling.flip();
    filling =
        empty.capacity() > KEPT_BYTES ? ByteBuffer.allocateDirect(INITIAL_BYTES) : empty.clear();
  }

  // ---- writing: for the one who set `writing`, or the reader who took over what was stalled ----

  private void write() {
    for (int round = 0; round < ROUNDS; round++) {
      try {
        while (emptying.hasRemaining()) {
          if (socket.write(emptying) == 0) {
            stall();
            return;
          }
        }
      } catch (IOException e) {
        fail(e);
        synchronized (this) {
          writing = false;
          notifyAll();
        }
        role.poke();
        return;
      }
      synchronized (this) {
        if (filling.position() == 0) {
          writing = false;
          notifyAll();
          return;
        }
        swap();
      }
      admit();
    }
    stall();
  }

  private void stall() {
    synchronized (this) {
      stalled = true;
      notifyAll();
    }
    role.poke();
  }

  /** Lets those go on who waited for room. */
  private void admit() {
    while (true) {
      Room room;
      synchronized (this) {
        room = crowd.poll();
      }
      if (room == null) {
        return;
      }
      room.done = true;
      role.wake(room);
    }
  }
}
