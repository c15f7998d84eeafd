package dev.coterie.client.sync;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import java.time.Duration;

/**
 * A named key that is open: a lock for threads of any number of processes, with a small value.
 *
 * <pre>{@code
 * try (SyncHandle counter = client.sync("counter")) {
 *   try (Use use = counter.use(SyncMode.EXCLUSIVE)) {
 *     use.setValue(next(use.value()));
 *   }
 * }
 * }</pre>
 *
 * <p>Keys belong to a user; another user's key of the same name is another key. A key, and its
 * value, is there as long as some process has it open; at first the value is empty.
 *
 * <p>Whoever comes first is first, within this process and among processes. This process keeps the
 * key when a use ends, and its value too, until another process wants it; until then a use costs no
 * message. What was kept is lost when this process dies, or when it does not let go of the key
 * within {@link Limits#LEASE_RECALL_MS} of being asked: so a use that others wait for must be
 * shorter than that. Then {@link Use#close} fails, or the next use if there was none, with ESTALE.
 *
 * <p>For any number of threads. A use is no owner of anything: a thread that begins one within one
 * of its own of the same key waits for itself, unless both are shared and nobody waits.
 */
public final class SyncHandle implements AutoCloseable {
  private static final long NO_END = -1;

  private final SyncHandles all;
  private final SharedKey key;
  private boolean closed; // guarded by this

  SyncHandle(SyncHandles all, SharedKey key) {
    this.all = all;
    this.key = key;
  }

  /** The name of the key. */
  public String name() {
    return key.name().toString();
  }

  /**
   * Waits until the key can be used.
   *
   * @throws ErrnoException EINTR interrupted · EBADF this is closed · ESTALE what an earlier use
   *     left as the value is lost; said once · ENOTCONN no leader
   */
  public Use use(SyncMode mode) throws ErrnoException {
    return use(mode, NO_END);
  }

  /**
   * As {@link #use(SyncMode)}, no longer than this; 0: if nobody uses it and this process has it.
   *
   * @throws ErrnoException ETIMEDOUT the time is up
   */
  public Use use(SyncMode mode, Duration limit) throws ErrnoException {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("a negative limit");
    }
    return use(mode, Math.min(limit.toMillis(), Integer.MAX_VALUE));
  }

  private Use use(SyncMode mode, long limitMs) throws ErrnoException {
    synchronized (this) {
      if (closed) {
        throw new ErrnoException(dev.coterie.api.Errno.EBADF, "use " + name());
      }
      key.enter();
    }
    boolean begun = false;
    try {
      Use use = key.begin(mode, limitMs);
      begun = true;
      return use;
    } finally {
      if (!begun) {
        all.leave(key);
      }
    }
  }

  /**
   * The key is not open by this any more. The last of this client gives it back with its value, as
   * soon as no use is under way.
   *
   * @throws ErrnoException ESTALE what was left as the value is lost
   */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    all.leave(key);
  }
}
