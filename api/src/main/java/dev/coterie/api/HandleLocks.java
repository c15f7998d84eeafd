package dev.coterie.api;

import java.nio.channels.OverlappingFileLockException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Locks whose owner is an open file, not the process: what fcntl(2) calls open file description
 * locks, and flock(2). So they exclude threads of one JVM from each other as they do processes:
 * each thread, or whatever else is to be an owner, opens the file for itself.
 *
 * <pre>{@code
 * try (HandleLocks mine = HandleLocks.open(tree, "/ledger")) {      // this thread's own
 *   try (HandleLock lock = mine.lock(0, 4096, false)) {             // bytes 0 to 4095, alone
 *     ...
 *   }
 *   HandleLock soon = mine.tryLock(0, 0, true, Duration.ofSeconds(2)); // the whole file, with others
 *   if (soon == null) { ... }                                        // somebody had it for 2 seconds
 * }
 * }</pre>
 *
 * <p><b>Ranges</b> are given as the first byte and a length in bytes; length 0 reaches to the end
 * of the file, wherever that will be. They may lie behind the end. Ranges of one owner must not
 * overlap: {@link OverlappingFileLockException}, also while one of them is only waited for. A
 * {@link #flock} owner has one lock, on the whole file: its ranges are all the same.
 *
 * <p><b>Who meets whom.</b> Locks of ranges exclude POSIX locks too: those of {@code
 * FileChannel.lock} and of programs on kernel mounts. Locks by {@link #flock} exclude each other
 * alone. Whoever waits is served in the order of asking, see {@link FileService#lock}. A cycle of
 * owners that wait for each other is not found out (the leader cannot know who would give an open
 * file back): use a time limit.
 *
 * <p><b>Errors</b> of all that lock, beside those of {@link FileService#lock}: EINTR this thread
 * was interrupted, which stays so, and nothing is locked · EBADF the file is not open for writing
 * (exclusive) or reading (shared), or was closed meanwhile · EINVAL, EOVERFLOW no range · ENOLCK
 * too many.
 *
 * <p>May be used by several threads, which are then one owner.
 */
public final class HandleLocks implements AutoCloseable {
  private final OpenFile file; // immutable
  private final RangeLock.Kind kind; // immutable
  private final boolean closesFile; // immutable
  private final Pending pending = new Pending();
  private final List<HandleLock> locks = new ArrayList<>(); // guarded by itself: held or wanted
  private boolean closed; // guarded by locks

  private HandleLocks(OpenFile file, RangeLock.Kind kind, boolean closesFile) {
    this.file = file;
    this.kind = kind;
    this.closesFile = closesFile;
  }

  /**
   * An owner of its own: opens a file for reading and writing, making it if there is none. It is
   * closed with this.
   */
  public static HandleLocks open(Tree tree, String path) throws ErrnoException {
    OpenFile file = tree.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0666);
    return new HandleLocks(file, RangeLock.Kind.OFD, true);
  }

  /**
   * Locks of ranges by an open file, and by whoever shares it ({@link OpenFile#share}). Closing
   * this unlocks what was locked by it, and leaves the file open.
   */
  public static HandleLocks of(OpenFile file) {
    return new HandleLocks(file, RangeLock.Kind.OFD, false);
  }

  /** As {@link #of}, for locks of the whole file as flock(2) has them, in any mode. */
  public static HandleLocks flock(OpenFile file) {
    return new HandleLocks(file, RangeLock.Kind.FLOCK, false);
  }

  /**
   * Waits until the range is locked.
   *
   * @param shared others may hold shared locks there too; else nobody
   */
  public HandleLock lock(long start, long length, boolean shared) throws ErrnoException {
    HandleLock lock = wanted(start, length, shared);
    boolean done = false;
    try {
      file.service().call(file.caller(), operation(lock, type(lock), true), pending);
      done = true;
    } catch (ErrnoException e) {
      throw e.errno() == Errno.EINTR && isClosed() ? new ErrnoException(Errno.EBADF) : e;
    } finally {
      forgetUnless(done, lock);
    }
    requireOpen(done, lock);
    return lock;
  }

  /** Locks the range if nobody stands in the way; else null, at once. */
  public @Nullable HandleLock tryLock(long start, long length, boolean shared)
      throws ErrnoException {
    HandleLock lock = wanted(start, length, shared);
    boolean done = false;
    try {
      file.service().call(file.caller(), operation(lock, type(lock), false));
      done = true;
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EAGAIN) {
        throw e;
      }
    } finally {
      forgetUnless(done, lock);
    }
    requireOpen(done, lock);
    return done ? lock : null;
  }

  /**
   * Waits until the range is locked, or for so long.
   *
   * @return null: somebody stood in the way all the time, and nothing is locked
   */
  public @Nullable HandleLock tryLock(long start, long length, boolean shared, Duration atMost)
      throws ErrnoException {
    if (!atMost.isPositive()) {
      return tryLock(start, length, shared);
    }
    HandleLock lock = wanted(start, length, shared);
    boolean done = false;
    try {
      done = await(operation(lock, type(lock), true), atMost);
    } finally {
      forgetUnless(done, lock);
    }
    requireOpen(done, lock);
    return done ? lock : null;
  }

  /** The first lock of another owner that stands in the way; UNLOCK if none does. */
  public Operation.FoundLock find(long start, long length, boolean shared) throws ErrnoException {
    HandleLock lock = new HandleLock(this, start, length, shared);
    return file.service().getLock(file.caller(), file.handle(), range(lock, type(lock)));
  }

  /**
   * Unlocks all, and closes the file if it was opened for this. Whoever waits by this is told
   * EBADF.
   */
  @Override
  public void close() throws ErrnoException {
    List<HandleLock> held;
    synchronized (locks) {
      closed = true;
      held = List.copyOf(locks);
    }
    pending.cancel();
    if (closesFile) {
      file.close();
    }
    for (HandleLock lock : held) {
      lock.close();
    }
  }

  // ---- how ----

  /** How a wait with a limit ended. */
  private static final class Answer implements Completion<Operation.Done> {
    final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable Errno errno; // published by `over`

    @Override
    public void done(Operation.Done result) {
      over.countDown();
    }

    @Override
    public void failed(Errno error) {
      errno = error;
      over.countDown();
    }
  }

  /** False: the time was over first. */
  private boolean await(Operation.Lock operation, Duration atMost) throws ErrnoException {
    Answer answer = new Answer();
    Ticket ticket = file.service().submit(file.caller(), operation, answer);
    pending.add(ticket);
    boolean interrupted = false;
    boolean late = false;
    try {
      late = !answer.over.await(nanos(atMost), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (late || interrupted) {
      ticket.cancel();
      // Who won is known when the answer is there, which comes soon.
      interrupted |= awaitUndisturbed(answer.over);
    }
    pending.remove(ticket);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Errno errno = answer.errno;
    if (errno == Errno.EINTR && !interrupted) {
      return false; // late, or closed
    }
    if (errno != null) {
      throw new ErrnoException(errno, operation.label());
    }
    return true;
  }

  private static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE; // 292 years
    }
  }

  /** Whether the thread was interrupted meanwhile. */
  private static boolean awaitUndisturbed(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }

  private boolean isClosed() {
    synchronized (locks) {
      return closed;
    }
  }

  /** Leaves nothing locked that came when this was closed already. */
  private void requireOpen(boolean done, HandleLock lock) throws ErrnoException {
    if (isClosed()) {
      if (done) {
        unlock(lock);
      }
      throw new ErrnoException(Errno.EBADF);
    }
  }

  private HandleLock wanted(long start, long length, boolean shared) throws ErrnoException {
    HandleLock lock = new HandleLock(this, start, length, shared);
    synchronized (locks) {
      if (closed) {
        throw new ErrnoException(Errno.EBADF);
      }
      for (HandleLock other : locks) {
        if (kind == RangeLock.Kind.FLOCK || other.overlaps(start, length)) {
          throw new OverlappingFileLockException();
        }
      }
      locks.add(lock);
    }
    return lock;
  }

  private void forgetUnless(boolean done, HandleLock lock) {
    if (!done) {
      synchronized (locks) {
        locks.remove(lock);
      }
    }
  }

  void unlock(HandleLock lock) throws ErrnoException {
    try {
      file.service().callUndisturbed(file.caller(), operation(lock, RangeLock.Type.UNLOCK, false));
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EBADF && e.errno() != Errno.ESTALE) {
        throw e;
      }
      // The file or the session was closed, and with it the lock.
    } finally {
      forgetUnless(false, lock);
    }
  }

  private static RangeLock.Type type(HandleLock lock) {
    return lock.isShared() ? RangeLock.Type.READ : RangeLock.Type.WRITE;
  }

  private RangeLock range(HandleLock lock, RangeLock.Type type) {
    return new RangeLock(kind, type, lock.start(), lock.length(), 0);
  }

  private Operation.Lock operation(HandleLock lock, RangeLock.Type type, boolean waits) {
    return new Operation.Lock(file.handle(), range(lock, type), waits);
  }
}
