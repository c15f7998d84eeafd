package dev.coterie.api.lock;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one inode. Every method does its work under the monitor, where grant, cancel and
 * disconnect meet, and tells those whose wait is over when the monitor is free again.
 */
public final class LockTable {
  /** Families of locks that know nothing of each other, as on Linux. */
  public enum Family {
    /** Byte ranges: POSIX and OFD locks. */
    RECORD,
    /** Of the whole file: flock(2). */
    FLOCK
  }

  public enum Outcome {
    GRANTED,
    /** Another's lock stands in the way. */
    BUSY,
    /** The listener will be told. */
    QUEUED,
    /** The wait would never end. */
    DEADLOCK,
    /** The session holds as many as it may. */
    FULL,
    /** Somebody else decides for now: {@link #lend}. */
    LENT
  }

  private final LockCounts counts; // immutable
  private final LockSpace records; // guarded by this
  private final LockSpace flocks; // guarded by this
  private List<Asked> questions = List.of(); // guarded by this; the list does not change

  private @Nullable Object borrower; // guarded by this: the session that decides for now

  public LockTable(Locks tree) {
    this.counts = tree.counts();
    this.records = new LockSpace(tree.counts(), tree.graph());
    this.flocks = new LockSpace(tree.counts(), tree.graph());
  }

  private LockSpace space(Family family) {
    return family == Family.RECORD ? records : flocks;
  }

  /** Locks at once or answers why not; waits for nobody. */
  public Outcome attempt(Family family, LockWait wait) {
    return locked(family, wait, false);
  }

  /** Locks at once, or queues until the listener is told. */
  public Outcome request(Family family, LockWait wait) {
    return locked(family, wait, true);
  }

  private Outcome locked(Family family, LockWait wait, boolean waits) {
    Outcome outcome;
    Told told;
    synchronized (this) {
      if (borrower != null) {
        return Outcome.LENT;
      }
      LockSpace space = space(family);
      List<LockWait> dropped = family == Family.FLOCK ? convert(wait, waits) : List.of();
      outcome = waits ? space.request(wait) : space.attempt(wait);
      List<LockWait> over = space.grant();
      over.addAll(0, dropped);
      told = told(over);
    }
    told.tell();
    return outcome;
  }

  /**
   * A flock of the other kind that does not simply become the wanted one is given up first, and
   * others may be served before that is asked for: "converting a lock is not guaranteed to be
   * atomic" (flock(2)).
   */
  private List<LockWait> convert(LockWait wait, boolean waits) {
    List<LockRange> held = flocks.held(wait.owner);
    if (held.isEmpty()
        || held.getFirst().exclusive() == wait.wanted.exclusive()
        || flocks.isFree(wait, waits)) {
      return List.of();
    }
    flocks.unlock(wait.owner, 0, LockRange.TO_END);
    return flocks.grant();
  }

  /** Unlocks a range, whatever is held of it. False: the table is lent. */
  public boolean unlock(Family family, LockOwner owner, long start, long end) {
    Told told;
    synchronized (this) {
      if (borrower != null) {
        return false;
      }
      LockSpace space = space(family);
      space.unlock(owner, start, end);
      told = told(space.grant());
    }
    told.tell();
    return true;
  }

  /** The first lock that stands in the way of one; null if none does. */
  public synchronized @Nullable HeldLock conflict(
      Family family, LockOwner owner, LockRange wanted) {
    return space(family).firstConflict(owner, wanted);
  }

  /** Takes a wait back; false if it has been granted or ended, and its listener is or was told. */
  public boolean withdraw(Family family, LockWait wait) {
    Told told;
    synchronized (this) {
      LockSpace space = space(family);
      if (!space.withdraw(wait)) {
        return false;
      }
      // Who had to follow it need not any more.
      told = told(space.grant());
    }
    told.tell();
    return true;
  }

  /**
   * A session closed a handle: what waits by it ends with EBADF, and the POSIX locks end of every
   * process that locked by it, as of {@code closer}, by whatever handle it did.
   */
  public void closed(Object through, LockOwner.OfProcess closer) {
    Told told;
    synchronized (this) {
      Predicate<LockWait> byIt = wait -> wait.through.equals(through);
      List<LockWait> over = new ArrayList<>(records.withdrawAll(byIt, Errno.EBADF));
      over.addAll(flocks.withdrawAll(byIt, Errno.EBADF));
      records.unlockAll((owner, throughs) ->
          owner instanceof LockOwner.OfProcess
              && (owner.equals(closer) || throughs.contains(through)));
      over.addAll(grantAll());
      told = told(over);
    }
    told.tell();
  }

  /** The last reference of a handle is gone, and with it its OFD and flock locks. */
  public void ended(LockOwner.OfHandle owner) {
    Told told;
    synchronized (this) {
      records.unlockAll((held, throughs) -> held.equals(owner));
      flocks.unlockAll((held, throughs) -> held.equals(owner));
      told = told(grantAll());
    }
    told.tell();
  }

  private List<LockWait> grantAll() {
    List<LockWait> over = records.grant();
    over.addAll(flocks.grant());
    return over;
  }

  // ---- whether a lock could be taken ----

  /** Who is to be told of a change when the monitor is free. */
  private record Told(List<LockWait> over, List<Asked> free) {
    void tell() {
      over.forEach(LockWait::tell);
      free.forEach(asked -> asked.listener.run());
    }
  }

  /** A question that is asked for as long as it matters. */
  private static final class Asked {
    final LockQuestion question; // immutable
    final Runnable listener; // immutable
    boolean free; // guarded by the table: the answer after the last change

    Asked(LockQuestion question, Runnable listener) {
      this.question = question;
      this.listener = listener;
    }
  }

  /** After every change, with the monitor held. */
  private Told told(List<LockWait> over) {
    if (questions.isEmpty()) {
      return new Told(over, List.of());
    }
    List<Asked> free = new ArrayList<>(0);
    for (Asked asked : questions) {
      boolean wasFree = asked.free;
      asked.free = answer(asked.question);
      if (asked.free && !wasFree) {
        free.add(asked);
      }
    }
    return new Told(over, free);
  }

  /** Whether the lock could be taken now. */
  public synchronized boolean answer(LockQuestion question) {
    return space(question.family()).firstConflict(question.owner(), question.wanted()) == null;
  }

  /**
   * Has a listener run, with no lock held, each time that the answer becomes yes.
   *
   * @return what ends that, but for what is being told at that moment
   */
  public synchronized Runnable ask(LockQuestion question, Runnable listener) {
    Asked asked = new Asked(question, listener);
    asked.free = answer(question);
    List<Asked> more = new ArrayList<>(questions);
    more.add(asked);
    questions = more;
    return () -> forget(asked);
  }

  private synchronized void forget(Asked asked) {
    List<Asked> fewer = new ArrayList<>(questions);
    fewer.remove(asked);
    questions = fewer;
  }

  // ---- lending: while one session alone has to do with the file it decides by itself ----

  /**
   * From now on a session decides by itself; false: it cannot be lent, as there are locks, waits or
   * questions, or the session has no room for what it could hold.
   */
  public synchronized boolean lend(Object session) {
    if (borrower != null
        || !isEmpty()
        || !questions.isEmpty()
        || !counts.hasRoom(session, Limits.LOCKS_PER_LEASE)) {
      return false;
    }
    counts.reserve(session, Limits.LOCKS_PER_LEASE);
    borrower = session;
    return true;
  }

  /** Whether a session decides by itself: then nothing that this table says is true. */
  public synchronized boolean isLent() {
    return borrower != null;
  }

  /** The session decides no more; what it says is held is so before anybody else is answered. */
  public synchronized void takeBack(List<Holding> all) {
    if (borrower == null) {
      throw new IllegalStateException("not lent");
    }
    counts.reserve(borrower, -Limits.LOCKS_PER_LEASE);
    borrower = null;
    all.forEach(one -> space(one.family()).hold(one));
  }

  /**
   * A lock that is held, and a handle by which it was asked.
   *
   * @param through as of {@link LockWait}
   */
  public record Holding(
      Family family, LockOwner owner, Object through, LockProcess process, LockRange range) {}

  /** All that is held, owners in the order in which they came, for {@link #takeBack} elsewhere. */
  public synchronized List<Holding> holdings() {
    List<Holding> all = new ArrayList<>();
    for (Family family : Family.values()) {
      space(family).forEachHolding(family, all::add);
    }
    return all;
  }

  // ---- for those who look on ----

  /** What an owner holds, ascending. */
  public synchronized List<LockRange> held(Family family, LockOwner owner) {
    return space(family).held(owner);
  }

  /** All that is held, by owner in the order in which they came. */
  public synchronized List<HeldLock> held(Family family) {
    List<HeldLock> all = new ArrayList<>();
    space(family).forEach(all::add);
    return all;
  }

  /** How many wait. */
  public synchronized int waiting(Family family) {
    return space(family).waiting().size();
  }

  /**
   * A wait as others see it.
   *
   * @param blockers the owners whose locks stand in the way now; none if it only has to let others
   *     go first
   */
  public record Waiting(LockOwner owner, LockRange wanted, Set<LockOwner> blockers) {}

  /** Shows all that is held, then who waits, in the order of the queue, at one moment. */
  public synchronized void look(
      BiConsumer<Family, HeldLock> held, BiConsumer<Family, Waiting> waiting) {
    for (Family family : Family.values()) {
      space(family).forEach(lock -> held.accept(family, lock));
    }
    for (Family family : Family.values()) {
      space(family).forEachWaiting(wait -> waiting.accept(family, wait));
    }
  }

  public synchronized boolean isEmpty() {
    return records.isEmpty() && flocks.isEmpty();
  }
}
