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
 */
final class Outbox {
  private static final int OWN_BYTES = 64 << 10;
  private static final int LATE_BYTES = 4 << 10;

  private final StreamSocket socket;
  private Buffer own = Buffer.allocate(OWN_BYTES); // the reader's alone
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();
  private Buffer late = Buffer.allocate(LATE_BYTES); // guarded by lock; written from 0 to position
  private Buffer spare = Buffer.allocate(LATE_BYTES); // belongs to who sends
  private boolean sending; // guarded by lock
  private boolean broken; // guarded by lock; nothing can be sent any more

  Outbox(StreamSocket socket) {
    this.socket = socket;
  }

  // ---- the reader ----

  /** The reader's buffer with room for a frame of this size. */
  ByteBuffer room(int bytes) throws ErrnoException {
    if (own.bytes().remaining() < bytes) {
      flush();
      if (own.capacity() < bytes) {
        own = Buffer.allocate(bytes);
      }
    }
    return own.bytes();
  }

  /**
   * Leaves the reader's buffer to an operation that will read into it later, and goes on with a
   * copy of what was in it.
   *
   * @param kept bytes that were complete
   */
  void abandonOwn(int kept) {
    Buffer next = Buffer.allocate(Math.max(OWN_BYTES, kept));
    next.bytes().put(0, own.bytes(), 0, kept).position(kept);
    own = next;
  }

  /** Sends all that has gathered, late replies first; waits as long as the peer does not read. */
  void flush() throws ErrnoException {
    if (own.bytes().position() == 0) {
      return;
    }
    startSending();
    try {
      for (Buffer batch = takeLate(); batch != null; batch = takeLate()) {
        socket.sendFully(batch.memory(), 0, batch.bytes().position());
        batch.bytes().clear();
      }
      socket.sendFully(own.memory(), 0, own.bytes().position());
      own.bytes().clear();
    } catch (ErrnoException e) {
      fail();
      throw e;
    }
    // What came late while this thread was sending.
    drainNow();
  }

  private void startSending() {
    lock.lock();
    try {
      while (sending) {
        sent.awaitUninterruptibly();
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
        ByteBuffer full = late.bytes();
        late = Buffer.allocate(Math.max(2 * full.capacity(), full.position() + bytes));
        late.bytes().put(full.flip());
      }
      return late.bytes();
    }
  }

  /** Appends frames and sends what can be sent without waiting. */
  void putLate(Frames frames) {
    lock.lock();
    try {
      if (broken) {
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
    try {
      for (Buffer batch = takeLateOrStop(); batch != null; batch = takeLateOrStop()) {
        int length = batch.bytes().position();
        int done = socket.sendNow(batch.memory(), 0, length);
        if (done < length) {
          drainElsewhere(batch, done);
          return;
        }
        batch.bytes().clear();
      }
    } catch (ErrnoException e) {
      fail();
    }
  }

  /** The peer does not read: a thread of its own waits for it, with the right to send. */
  private void drainElsewhere(Buffer batch, int done) {
    Thread.ofPlatform()
        .daemon()
        .name("coterie-drain")
        .start(() -> {
          try {
            int length = batch.bytes().position();
            socket.sendFully(batch.memory(), done, length - done);
            batch.bytes().clear();
            drainNow();
          } catch (ErrnoException e) {
            fail();
          }
        });
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
        sent.signal();
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
        sent.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    socket.close();
  }

  /** The connection is gone: nothing more is kept. */
  private void fail() {
    lock.lock();
    try {
      broken = true;
      sending = false;
      sent.signal();
    } finally {
      lock.unlock();
    }
    socket.shutdown();
  }
}
