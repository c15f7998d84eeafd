package dev.coterie.leader;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.StreamSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What leaves on a connection. The reader's replies gather in a buffer of its own, without a lock,
 * and leave together when it has nothing more to read. Replies of other threads gather in {@code
 * late} and leave at once if nobody is sending; such a thread never waits for the socket: what does
 * not fit is left to a thread that lives until it is gone.
 *
 * <p>A frame of {@code late} is sent before frames that the reader put into its own buffer
 * afterwards, so an Rflush never overtakes the reply it is to follow.
 *
 * <p>What gathers for a peer that does not read is bounded: the reader stops reading requests
 * ({@link #settle}), and what is under way may hold no more than {@link
 * dev.coterie.api.Limits#PARKED_BYTES_PER_CONNECTION}.
 */
final class Outbox {
  /** Stands for a buffer as long as there was no late reply. */
  private static final Buffer NONE = Buffer.allocate(0);

  private static final int BACKLOG_BYTES = 256 << 10;

  private final StreamSocket socket;
  private final BufferPool buffers;
  private Buffer own; // the reader's alone
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Conversation conversation; // guarded by lock; replies of others are dropped
  private Buffer late = NONE; // guarded by lock; written from 0 to position
  private Buffer spare = NONE; // belongs to who sends
  private boolean sending; // guarded by lock
  private boolean broken; // guarded by lock; nothing can be sent any more

  Outbox(StreamSocket socket, BufferPool buffers) {
    this.socket = socket;
    this.buffers = buffers;
    this.own = buffers.take(BufferPool.IDLE_BYTES);
  }

  // ---- the reader ----

  /** The reader's buffer with room for a frame of this size. */
  ByteBuffer room(int bytes) throws ErrnoException {
    if (own.bytes().remaining() >= bytes) {
      return own.bytes();
    }
    int all = own.bytes().position() + bytes;
    if (all > BufferPool.BURST_BYTES || own.capacity() >= BufferPool.BURST_BYTES) {
      flush();
      all = bytes;
    }
    if (own.capacity() < all) {
      exchangeOwn(Math.max(all, BufferPool.BURST_BYTES));
    }
    return own.bytes();
  }

  /** Goes on with another buffer, and with what has gathered. */
  private void exchangeOwn(int bytes) {
    Buffer next = buffers.take(bytes);
    next.bytes().put(own.bytes().flip());
    buffers.give(own);
    own = next;
  }

  /**
   * Leaves the reader's buffer to an operation that will read into it later, and goes on with a
   * copy of what was in it.
   *
   * @param kept bytes that were complete
   * @return the buffer that was left
   */
  Buffer abandonOwn(int kept) {
    Buffer left = own;
    Buffer next = buffers.take(kept);
    next.bytes().put(0, left.bytes(), 0, kept).position(kept);
    own = next;
    return left;
  }

  /** From here on replies of this conversation count, of no other, and with null of none. */
  void begin(@Nullable Conversation next) {
    lock.lock();
    try {
      conversation = next;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Before the reader waits for requests: sends all that has gathered, and does not return while
   * much is left that came late. Waits as long as the peer does not read.
   */
  void settle() throws ErrnoException {
    flush();
    if (own.capacity() > BufferPool.IDLE_BYTES) {
      exchangeOwn(BufferPool.IDLE_BYTES);
    }
    lock.lock();
    try {
      while (!broken && late.bytes().position() > BACKLOG_BYTES) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends all that has gathered, late replies first; waits as long as the peer does not read. */
  void flush() throws ErrnoException {
    if (own.bytes().position() == 0) {
      return;
    }
    startSending();
    boolean sent = false;
    try {
      for (Buffer batch = takeLate(); batch != null; batch = takeLate()) {
        socket.sendFully(batch.memory(), 0, batch.bytes().position());
        emptied(batch);
      }
      socket.sendFully(own.memory(), 0, own.bytes().position());
      own.bytes().clear();
      sent = true;
    } finally {
      if (!sent) {
        fail();
      }
    }
    // What came late while this thread was sending.
    drainNow();
  }

  private void startSending() {
    lock.lock();
    try {
      while (sending) {
        changed.awaitUninterruptibly();
      }
      sending = true;
    } finally {
      lock.unlock();
    }
  }

  // ---- other threads ----

  /** A reply that is put together under the lock. */
  interface Frames {
    void putInto(Late out);
  }

  /** Where a late reply goes. */
  final class Late {
    /** The buffer, with room for this many bytes. */
    ByteBuffer room(int bytes) {
      if (late.bytes().remaining() < bytes) {
        Buffer full = late;
        int needed = full.bytes().position() + bytes;
        late = buffers.take(Math.max(2 * full.capacity(), needed));
        late.bytes().put(full.bytes().flip());
        buffers.give(full);
      }
      return late.bytes();
    }
  }

  /**
   * Appends frames and sends what can be sent without waiting.
   *
   * @param of in which the request came; dropped if that is over
   */
  void putLate(Conversation of, Frames frames) {
    lock.lock();
    try {
      if (broken || !of.equals(conversation)) {
        return;
      }
      frames.putInto(new Late());
      if (sending) {
        return;
      }
      sending = true;
    } finally {
      lock.unlock();
    }
    drainNow();
  }

  /**
   * With the right to send: sends late replies until there are none or the socket is full; then
   * gives the right on.
   */
  private void drainNow() {
    boolean handedOn = false;
    try {
      for (Buffer batch = takeLateOrStop(); batch != null; batch = takeLateOrStop()) {
        int done = socket.sendNow(batch.memory(), 0, batch.bytes().position());
        if (done < batch.bytes().position()) {
          drainElsewhere(batch, done);
          break;
        }
        emptied(batch);
      }
      handedOn = true;
    } catch (ErrnoException e) {
      // The peer is gone, which the reader finds out when it reads.
    } finally {
      if (!handedOn) {
        fail();
      }
    }
  }

  /** The peer does not read: a thread of its own waits for it, with the right to send. */
  private void drainElsewhere(Buffer batch, int done) {
    try {
      Thread.ofPlatform().daemon().name("coterie-drain").start(() -> drainFully(batch, done));
    } catch (OutOfMemoryError e) {
      // "unable to create native thread": then a peer that does not read is not waited for.
      fail();
    }
  }

  private void drainFully(Buffer first, int done) {
    boolean handedOn = false;
    try {
      int at = done;
      for (Buffer batch = first; batch != null; batch = takeLateOrStop()) {
        socket.sendFully(batch.memory(), at, batch.bytes().position() - at);
        at = 0;
        emptied(batch);
      }
      handedOn = true;
    } catch (ErrnoException e) {
      // As in drainNow.
    } finally {
      if (!handedOn) {
        fail();
      }
    }
  }

  /** What was sent is empty again; memory that was needed once is not kept for it. */
  private void emptied(Buffer batch) {
    batch.bytes().clear();
    if (batch.capacity() > BufferPool.IDLE_BYTES) {
      buffers.give(batch);
      spare = NONE;
    }
  }

  /** The late replies, to be sent by the caller, or null if there are none. */
  private @Nullable Buffer takeLate() {
    lock.lock();
    try {
      return swap();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #takeLate}; gives up the right to send if there are none. */
  private @Nullable Buffer takeLateOrStop() {
    lock.lock();
    try {
      Buffer batch = swap();
      if (batch == null) {
        sending = false;
        changed.signal();
      }
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Buffer swap() {
    if (late.bytes().position() == 0) {
      return null;
    }
    Buffer batch = late;
    late = spare;
    spare = batch;
    changed.signal();
    return batch;
  }

  /**
   * Ends the connection's output and closes the socket once nobody sends: its descriptor must not
   * be used by then.
   */
  void close() {
    socket.shutdown();
    lock.lock();
    try {
      broken = true;
      while (sending) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    socket.close();
    giveBack();
  }

  /** Gives the buffers back; nothing is sent any more. */
  void giveBack() {
    buffers.give(own);
    buffers.give(late);
    buffers.give(spare);
  }

  /** The connection is gone: nothing more is kept. */
  private void fail() {
    lock.lock();
    try {
      broken = true;
      sending = false;
      changed.signal();
    } finally {
      lock.unlock();
    }
    socket.shutdown();
  }
}
