package dev.coterie.client.sync;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that one client has open. They have a session of their own at the leader, so that one
 * that is ended because a key was not given back in time costs no files; after that there is
 * another.
 */
public final class SyncHandles implements AutoCloseable, Runnable {
  /** Makes a session at the leader. */
  public interface Connector {
    FileService connect() throws ErrnoException;
  }

  /** For so long at most, twice, a key waits to be given back with a message that asks for it. */
  private static final long HURRY_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS) / 3;

  private final Connector connector; // immutable
  private final Caller caller; // immutable
  private final LongSupplier nanoTime; // immutable
  private final ReentrantLock gate = new ReentrantLock();
  private final Map<Name, SharedKey> keys = new HashMap<>(); // guarded by gate
  private final Set<SharedKey> hurried = ConcurrentHashMap.newKeySet(); // to be looked at soon
  private @Nullable Line line; // guarded by this
  private volatile @Nullable Thread looker; // written under this
  private boolean closed; // guarded by this

  /**
   * Keys of a caller.
   *
   * @param nanoTime a clock that nobody sets, in nanoseconds
   */
  public SyncHandles(Connector connector, Caller caller, LongSupplier nanoTime) {
    this.connector = connector;
    this.caller = caller;
    this.nanoTime = nanoTime;
  }

  /**
   * Opens a key.
   *
   * @throws ErrnoException EINVAL the name is empty or longer than {@link Limits#KEY_NAME_BYTES}
   *     bytes · ENOSPC too many keys · EOPNOTSUPP the leader is reached by TCP · EBADF closed ·
   *     ENOTCONN no leader
   */
  public SyncHandle open(String name) throws ErrnoException {
    Name title = Name.of(name);
    gate.lock();
    try {
      SharedKey key = keys.get(title);
      if (key == null) {
        key = new SharedKey(this, title);
        open(key);
        keys.put(title, key);
      }
      key.enter();
      return new SyncHandle(this, key);
    } finally {
      gate.unlock();
    }
  }

  private void open(SharedKey key) throws ErrnoException {
    Line present = line();
    try {
      key.open(present);
    } catch (ErrnoException e) {
      if (!present.isOver()) {
        throw e;
      }
      key.open(line()); // it had ended before
    }
  }

  /** One needs the key no more; after the last it is closed. */
  void leave(SharedKey key) throws ErrnoException {
    if (!key.leave()) {
      return;
    }
    gate.lock();
    try {
      if (key.isUnused() && keys.remove(key.name(), key)) {
        key.close();
      }
    } finally {
      gate.unlock();
    }
  }

  /** Has the key looked at soon, and as often as it wants; it asks once for that. */
  void hurry(SharedKey key) {
    hurried.add(key);
    LockSupport.unpark(looker);
  }

  private void hurryAll() {
    for (SharedKey key : hurried) {
      hurried.remove(key); // first: if it needs no more looks, it may ask for them again at once
      if (key.hurry()) {
        hurried.add(key);
      }
    }
  }

  /** The clock that nobody sets. */
  long now() {
    return nanoTime.getAsLong();
  }

  /** The session there is now; made if there is none. */
  synchronized Line line() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF, "sync");
    }
    Line present = line;
    if (present == null || present.isOver()) {
      if (present != null) {
        present.close();
      }
      present = new Line(connector.connect(), caller, nanoTime);
      line = present;
      if (looker == null) {
        looker = new Thread(this, "coterie-keys");
        looker.setDaemon(true);
        looker.start();
      }
    }
    return present;
  }

  @Override
  public void run() {
    long next = System.nanoTime() + LOOK_NS;
    while (true) {
      long left = next - System.nanoTime();
      LockSupport.parkNanos(this, hurried.isEmpty() ? left : Math.min(left, HURRY_NS));
      Thread.interrupted(); // it is nobody's
      hurryAll();
      Line present;
      synchronized (this) {
        if (closed) {
          return;
        }
        present = line;
      }
      if (next - System.nanoTime() > 0) {
        continue;
      }
      next = System.nanoTime() + LOOK_NS;
      if (present != null) {
        present.look();
      }
    }
  }

  /** Gives back all that is not in use, and ends the session. */
  @Override
  public void close() {
    Line last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = line;
      LockSupport.unpark(looker);
    }
    if (last == null) {
      return;
    }
    gate.lock();
    try {
      for (SharedKey key : List.copyOf(keys.values())) {
        giveBack(key);
      }
    } finally {
      gate.unlock();
    }
    last.close();
  }

  private static void giveBack(SharedKey key) {
    try {
      key.giveBackNow();
    } catch (ErrnoException e) {
      // Lost with the session, as if it had ended a moment before.
    }
  }
}
