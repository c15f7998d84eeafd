package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The recalls that a session is to hear of. Of one grant there may be two, one after the other: the
 * second lets it keep less, and takes the place of one that was not taken yet.
 */
final class Recalls {
  /** By the grant, of which nothing is kept: what may be. */
  private final SequencedMap<LeaseName, LeaseMode> left = new LinkedHashMap<>(); // guarded by this

  private final SequencedMap<LeaseName, LeaseMode> told = new LinkedHashMap<>(); // guarded by this
  private @Nullable Request<?> taker; // guarded by this: waits for one
  private int most; // guarded by this: how many it takes

  /** With no lock held. */
  void add(LeaseName lease) {
    Request<?> waits;
    List<LeaseName> taken;
    synchronized (this) {
      left.merge(grant(lease), lease.keeps(), Recalls::less);
      if (taker == null) {
        return;
      }
      waits = taker;
      taker = null;
      taken = take(most);
    }
    waits.finished(taken);
  }

  private static LeaseName grant(LeaseName lease) {
    return lease.keeping(LeaseMode.NONE);
  }

  private static LeaseMode less(LeaseMode one, LeaseMode other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  /** What was taken is to be told again. */
  void again() {
    List<LeaseName> again = new ArrayList<>();
    synchronized (this) {
      told.forEach((lease, keeps) -> again.add(lease.keeping(keeps)));
      told.clear();
    }
    again.forEach(this::add);
  }

  /** What was taken was heeded. */
  synchronized void answered(LeaseName lease) {
    answered(told, lease);
  }

  /** It was given back: nobody need hear of it. */
  synchronized void drop(LeaseName lease) {
    answered(told, lease);
    answered(left, lease);
  }

  /** One that lets less be kept is not answered by it. */
  private static void answered(SequencedMap<LeaseName, LeaseMode> recalls, LeaseName lease) {
    LeaseMode keeps = recalls.get(grant(lease));
    if (keeps != null && lease.keeps().compareTo(keeps) <= 0) {
      recalls.remove(grant(lease));
    }
  }

  /** Null: the request will be told. */
  @Nullable List<LeaseName> nextOrWait(int max, Request<?> request) throws ErrnoException {
    requirePositive(max);
    synchronized (this) {
      if (!left.isEmpty()) {
        return take(max);
      }
      if (taker != null) {
        throw new ErrnoException(Errno.EBUSY);
      }
      request.waitsAt(() -> withdraw(request));
      taker = request;
      most = max;
      return null;
    }
  }

  private synchronized boolean withdraw(Request<?> request) {
    if (!request.equals(taker)) {
      return false;
    }
    taker = null;
    return true;
  }

  synchronized List<LeaseName> next(int max) throws ErrnoException {
    requirePositive(max);
    if (left.isEmpty()) {
      throw new ErrnoException(Errno.EAGAIN);
    }
    return take(max);
  }

  private static void requirePositive(int max) throws ErrnoException {
    if (max <= 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private List<LeaseName> take(int max) {
    List<LeaseName> taken = new ArrayList<>();
    int count = Math.min(max, Limits.LEASES_PER_MESSAGE);
    while (taken.size() < count && !left.isEmpty()) {
      var next = left.pollFirstEntry();
      taken.add(next.getKey().keeping(next.getValue()));
      told.put(next.getKey(), next.getValue());
    }
    return taken;
  }
}
