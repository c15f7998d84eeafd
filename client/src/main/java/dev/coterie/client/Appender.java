package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Appends records to a file, many with one message.
 *
 * <pre>{@code
 * try (OpenFile file = tree.open("/log", O_WRONLY | O_CREAT, 0644);
 *     Appender log = Appender.of(client, caller, file, Appender.Options.DEFAULT)) {
 *   log.append(record); // as often as you like, from any thread
 *   log.flush();        // when others must see what is there
 * }
 * }</pre>
 *
 * <p><b>Records stay whole.</b> What is collected is appended as one write, between whose bytes
 * nothing of another process comes; no record is divided between two. One that alone is larger than
 * is collected is an append of its own, and one larger than a message is refused. The order is that
 * of {@code append}, also of several threads.
 *
 * <p><b>When others see a record.</b> When as many bytes are collected as {@link Options#bytesMax}
 * allows, or {@link Options#delayMsMax} after it came, whichever is first; or after {@link #flush}.
 * Until then it is in this process alone and is lost with it. A flush says that it is in the file;
 * {@link #fsync} says that it is as durable as the mount is. {@link #close} flushes. The file stays
 * its owner's, who closes it after this.
 *
 * <p><b>Errors.</b> Records whose append failed are gone: they are not tried again, as a lost
 * connection does not say whether they arrived. The error, with their number, is told to who sent
 * them and to every flush that waited for them. If a time limit sent them, or nobody was told, the
 * next call of any method throws it, once; one {@code append} that throws has not taken its record.
 * So after a {@code close} without an error every record is in the file. EINTR and EAGAIN are no
 * such errors: nothing was done, the records are kept and go with the next flush. A mount that
 * becomes full may take a part of an append, as of any write: ENOSPC then says how much, and the
 * file may have a torn record there.
 *
 * <p><b>Memory</b> is twice {@code bytesMax}: one half collects while the other is under way. When
 * both are full, {@code append} waits.
 */
public final class Appender implements AutoCloseable {
  private final Client client; // immutable
  private final Caller caller; // immutable
  private final OpenFile file; // immutable
  private final int messageBytesMax; // immutable
  private final long delayNsMax; // immutable
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition(); // an append is over
  private final Condition begun = lock.newCondition(); // the first record since long, or the end

  // guarded by lock
  private Batch collecting;
  private Batch leaving; // under way if sending; else of records that were kept
  private boolean sending;
  private long ends; // of appends
  private long taken; // records
  private long settled; // of these: in the file, or given up
  private long failures; // appends that failed
  private @Nullable Failure failure; // the last
  private boolean untold; // whether nobody was told of it
  private boolean resting; // the thread waits for a first record
  private @Nullable Thread thread;
  private boolean closed;

  /**
   * How much is collected, and how long.
   *
   * @param bytesMax of records in one append; less if a message of this connection has less
   * @param delayMsMax how long a record is kept back, in milliseconds; without limit if {@link
   *     Long#MAX_VALUE}
   */
  public record Options(int bytesMax, long delayMsMax) {
    public static final Options DEFAULT = new Options(64 << 10, 100);

    public Options {
      if (bytesMax <= 0) {
        throw new IllegalArgumentException("bytesMax " + bytesMax);
      }
      if (delayMsMax <= 0) {
        throw new IllegalArgumentException("delayMsMax " + delayMsMax);
      }
    }

    public Options withBytesMax(int bytes) {
      return new Options(bytes, delayMsMax);
    }

    public Options withDelayMsMax(long milliseconds) {
      return new Options(bytesMax, milliseconds);
    }
  }

  /** Whole records, one behind the other; being filled from 0 to its position. */
  private static final class Batch {
    private final ByteBuffer bytes;
    private long records;
    private long firstNs; // when the first came

    private Batch(int capacity) {
      bytes = ByteBuffer.allocate(capacity);
    }

    private void clear() {
      bytes.clear();
      records = 0;
    }
  }

  /**
   * An append that failed, or several that nobody was told of.
   *
   * @param errno of the first
   * @param records of all
   * @param how what else is known
   */
  private record Failure(Errno errno, long records, String how) {
    private ErrnoException exception() {
      return new ErrnoException(errno, "append of " + records + " records" + how);
    }
  }

  private Appender(Client client, Caller caller, OpenFile file, Options options) {
    this.client = client;
    this.caller = caller;
    this.file = file;
    this.messageBytesMax = client.messageBytesMax(caller);
    this.delayNsMax = TimeUnit.MILLISECONDS.toNanos(options.delayMsMax());
    int bytes = Math.min(options.bytesMax(), messageBytesMax);
    this.collecting = new Batch(bytes);
    this.leaving = new Batch(bytes);
  }

  /**
   * Begins to append to a file that this client has open for writing.
   *
   * @param client whose file it is
   * @throws ErrnoException EINVAL a FIFO, to which longer writes are not one
   */
  public static Appender of(Client client, Caller caller, OpenFile file, Options options)
      throws ErrnoException {
    if (file.isFifo()) {
      throw new ErrnoException(Errno.EINVAL, "append records to a FIFO");
    }
    return new Appender(client, caller, file, options);
  }

  // ---- for callers ----

  /** {@link #append(ByteBuffer)} of all bytes of an array. */
  public void append(byte[] record) throws ErrnoException {
    append(ByteBuffer.wrap(record));
  }

  /**
   * Takes the buffer's remaining bytes as one record and moves its position behind them; the buffer
   * is the caller's again. An empty record is none.
   *
   * @throws ErrnoException EMSGSIZE larger than a message, which holds about 1 MiB · EBADF closed ·
   *     what appending records before this one, or of other threads, came to. The record was not
   *     taken, and the buffer is as it was
   */
  public void append(ByteBuffer record) throws ErrnoException {
    int size = record.remaining();
    lock.lock();
    try {
      requireOpen();
      throwUntold();
      if (size > messageBytesMax) {
        throw new ErrnoException(
            Errno.EMSGSIZE,
            "append a record of " + size + " bytes, of which " + messageBytesMax + " are most");
      }
      if (size > collecting.bytes.capacity()) {
        appendAlone(record);
      } else if (size > 0) {
        while (size > collecting.bytes.remaining()) {
          sendNext();
          requireOpen();
          throwUntold();
        }
        collect(record);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every record that was taken before this call is in the file, where all processes
   * see it.
   */
  public void flush() throws ErrnoException {
    lock.lock();
    try {
      requireOpen();
      throwUntold();
      settle();
    } finally {
      lock.unlock();
    }
  }

  /** {@link #flush}, then fsync(2). */
  public void fsync() throws ErrnoException {
    flush();
    client.fsync(caller, file.handle(), false);
  }

  /**
   * Flushes and takes no more. Not cancelled by an interrupt, which stays set. The file stays open.
   *
   * @throws ErrnoException records are not in the file; closed it is nevertheless
   */
  @Override
  public void close() throws ErrnoException {
    boolean interrupted = Thread.interrupted();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      begun.signal();
      while (!isSettledUndisturbed()) {
        interrupted |= Thread.interrupted();
      }
      throwUntold();
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** False: an interrupt came first. */
  private boolean isSettledUndisturbed() throws ErrnoException {
    try {
      settle();
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINTR && Thread.currentThread().isInterrupted()) {
        return false;
      }
      throw e;
    }
  }

  // ---- with the lock held ----

  private void requireOpen() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF, "append to what is closed");
    }
  }

  private void throwUntold() throws ErrnoException {
    Failure last = failure;
    if (untold && last != null) {
      untold = false;
      throw last.exception();
    }
  }

  private void collect(ByteBuffer record) {
    if (collecting.records == 0) {
      collecting.firstNs = System.nanoTime();
      if (thread == null && delayNsMax < Long.MAX_VALUE) {
        thread =
            new Thread("coterie-appender") { // no lambda: it would be linked at run time
              @Override
              public void run() {
                watchTime();
              }
            };
        thread.setDaemon(true);
        thread.start();
      } else if (resting) {
        begun.signal();
      }
    }
    collecting.bytes.put(record);
    collecting.records++;
    taken++;
  }

  /** What is too large to be collected, behind all that is. */
  private void appendAlone(ByteBuffer record) throws ErrnoException {
    while (sending || settled < taken) {
      sendNext();
      requireOpen();
      throwUntold();
    }
    taken++;
    try {
      transmit(record.duplicate(), 1);
    } catch (ErrnoException e) {
      settled++; // it is the caller's again
      throw e;
    }
    throwUntold();
    record.position(record.limit());
  }

  /** Waits until what is taken now is settled; throws what any of it came to. */
  private void settle() throws ErrnoException {
    long last = taken;
    long before = failures;
    while (settled < last) {
      sendNext();
    }
    Failure latest = failure;
    if (failures != before && latest != null) {
      untold = false;
      throw latest.exception();
    }
  }

  /**
   * Waits for what is under way, or sends what is next; nothing if there is none.
   *
   * @throws ErrnoException EINTR, EAGAIN: nothing was done
   */
  private void sendNext() throws ErrnoException {
    if (sending) {
      awaitEnd();
      return;
    }
    if (leaving.records == 0) {
      Batch full = collecting;
      collecting = leaving;
      leaving = full;
    }
    if (leaving.records > 0) {
      transmit(leaving.bytes.duplicate().flip(), leaving.records);
      leaving.clear();
    }
  }

  private void awaitEnd() throws ErrnoException {
    long before = ends;
    try {
      while (ends == before) {
        ended.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR, "append");
    }
  }

  /**
   * Sends one append, without the lock meanwhile. A failure is noted; who has the lock is the first
   * who can be told.
   *
   * @throws ErrnoException EINTR, EAGAIN: nothing was done
   */
  private void transmit(ByteBuffer source, long records) throws ErrnoException {
    int size = source.remaining();
    Failure failed = null;
    sending = true;
    lock.unlock();
    try {
      int count = client.append(caller, file.handle(), source).count();
      if (count < size) {
        failed = new Failure(Errno.ENOSPC, records, ", of " + size + " bytes " + count);
      }
    } catch (ErrnoException e) {
      if (isKept(e)) {
        throw e;
      }
      failed = new Failure(e.errno(), records, "");
    } finally {
      lock.lock();
      sending = false;
      ends++;
      ended.signalAll();
    }
    settled += records;
    if (failed != null) {
      note(failed);
    }
  }

  private void note(Failure failed) {
    Failure earlier = failure;
    failure =
        untold && earlier != null
            ? new Failure(earlier.errno(), earlier.records() + failed.records(), earlier.how())
            : failed;
    failures++;
    untold = true;
  }

  /** Nothing was done, and the records are as good as they were. */
  private static boolean isKept(ErrnoException e) {
    return e.errno() == Errno.EINTR || e.errno() == Errno.EAGAIN;
  }

  /** For tests: waits until so many threads wait for the append that is under way. */
  void awaitWaiters(int count) {
    while (true) {
      lock.lock();
      try {
        if (lock.getWaitQueueLength(ended) >= count) {
          return;
        }
      } finally {
        lock.unlock();
      }
      Thread.onSpinWait();
    }
  }

  // ---- the thread ----

  /** Sends what has waited long enough, until closed. */
  private void watchTime() {
    lock.lock();
    try {
      while (!closed) {
        if (settled == taken) {
          resting = true;
          begun.awaitUninterruptibly();
          resting = false;
        } else if (sending) {
          ended.awaitUninterruptibly();
        } else {
          sendInTime(leaving.records > 0 ? leaving : collecting);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the time of the oldest records, or sends them when it is over. */
  private void sendInTime(Batch oldest) {
    try {
      long left = delayNsMax - (System.nanoTime() - oldest.firstNs);
      if (left <= 0) {
        sendNext();
      }
      while (left > 0 && !closed) {
        left = begun.awaitNanos(left); // then it is seen which are the oldest now
      }
    } catch (InterruptedException e) {
      // It is nobody's.
    } catch (ErrnoException e) {
      oldest.firstNs = System.nanoTime(); // they were kept: again when so much time has passed
    }
  }
}
