package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.wire.P9;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The fids of one conversation. The reader makes reservations, and whoever goes on with several
 * requests in one message; a completion on another thread fills or gives up what its own request
 * reserved.
 */
final class FidTable {
  private final ConcurrentHashMap<Integer, Fid> fids = new ConcurrentHashMap<>();

  /** EBADF unknown, or not there yet. */
  Fid require(int number) throws ErrnoException {
    Fid fid = fids.get(number);
    if (fid == null || fid.isReserved()) {
      throw new ErrnoException(Errno.EBADF);
    }
    return fid;
  }

  /** Null: unknown. */
  @Nullable Fid find(int number) {
    return fids.get(number);
  }

  /**
   * Keeps a number for a request that makes the fid. EBADF in use (as diod and QEMU answer), or
   * {@link P9#NOFID} · EMFILE.
   */
  void reserve(int number) throws ErrnoException {
    if (number == P9.NOFID) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (fids.size() >= Limits.FIDS_PER_CONNECTION) {
      throw new ErrnoException(Errno.EMFILE);
    }
    if (fids.putIfAbsent(number, Fid.RESERVED) != null) {
      throw new ErrnoException(Errno.EBADF);
    }
  }

  void fill(int number, Fid fid) {
    fids.put(number, fid);
  }

  /** Puts a fid in another's place, unless that is gone or no longer the same. */
  boolean replace(int number, Fid before, Fid after) {
    return fids.replace(number, before, after);
  }

  /** Takes a fid away; null if it is unknown or only reserved. */
  @Nullable Fid remove(int number) {
    Fid fid = fids.get(number);
    return fid == null || fid.isReserved() || !fids.remove(number, fid) ? null : fid;
  }

  /** Takes a fid away unless it is gone or no longer the same. */
  boolean remove(int number, Fid fid) {
    return fids.remove(number, fid);
  }

  /** Gives up a reservation. */
  void release(int number) {
    fids.remove(number, Fid.RESERVED);
  }

  int size() {
    return fids.size();
  }
}
