package dev.coterie.api;

import dev.coterie.api.Operation.CloseKey;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.api.Operation.OpenKey;
import dev.coterie.api.Operation.ReturnKey;
import dev.coterie.api.Operation.UseKey;
import org.jspecify.annotations.Nullable;

/**
 * Named keys of a tree, each with a small value: what processes agree on beside files. Each user
 * has keys of its own; nobody else can name them.
 *
 * <p>What holds keys takes {@link FileService#nextRecalls} all the time, and uses nothing {@link
 * Limits#LEASE_MS} after the sending of the last request that was answered. Over TCP all but {@link
 * #closeKey} are EOPNOTSUPP.
 *
 * <p>A key is there as long as a session refers to it, and so is its value. At first that is empty.
 */
public record KeyCalls(FileService service) {
  /**
   * Refers to the caller's key of that name, once more if the session does already. The name is any
   * bytes. EINVAL it is empty or longer than {@link Limits#KEY_NAME_BYTES} · ENOSPC {@link
   * Limits#KEYS_PER_SESSION}, {@link Limits#KEYS_PER_TREE}.
   */
  public InodeId openKey(Caller caller, Name name) throws ErrnoException {
    return service.call(caller, new OpenKey(name));
  }

  /**
   * Waits for a lease on a key: shared, beside others' shared ones, or exclusive, alone. In the
   * order of asking, whoever asks. It is the session's until it is given back; others that wait for
   * it have it recalled (by {@link FileService#nextRecalls}; by the answer itself, if they wait
   * already: {@link KeyLease#recalled}), and then it is to be given back within
   * {@link Limits#LEASE_RECALL_MS}, or the session ends. While the session's own lease is recalled
   * it waits until it has given that back.
   *
   * <p>EBADF not referred to · EACCES of another user · EINVAL no such mode or limit · ETIMEDOUT
   * not within {@code timeoutMs}; -1 has no end · EINTR.
   */
  public KeyLease useKey(Caller caller, InodeId key, LeaseMode mode, int timeoutMs)
      throws ErrnoException {
    return service.call(caller, new UseKey(key, mode, timeoutMs));
  }

  /**
   * Gives a lease back, with the new value if it was exclusive and the value was changed. Whoever
   * has the lease next sees it. EBADF not referred to · EPERM a value, but the lease was shared ·
   * EMSGSIZE over {@link Limits#KEY_VALUE_BYTES}.
   *
   * @param value null: as it was
   * @return whether the session had that lease; if not nothing was done
   */
  public boolean returnKey(Caller caller, InodeId key, int seq, byte @Nullable [] value)
      throws ErrnoException {
    return service.call(caller, new ReturnKey(key, seq, value));
  }

  /**
   * Takes back one {@link #openKey}. With the last the session's lease is given back, without a
   * value, and what waits ends with EBADF. EBADF not referred to.
   */
  public void closeKey(Caller caller, InodeId key) throws ErrnoException {
    service.call(caller, new CloseKey(key));
  }
}
