package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.api.lock.HeldLock;
import dev.coterie.api.lock.LockOwner;
import dev.coterie.api.lock.LockProcess;
import dev.coterie.api.lock.LockRange;
import dev.coterie.api.lock.LockTable;
import dev.coterie.api.lock.LockTable.Family;
import dev.coterie.api.lock.LockWait;
import dev.coterie.api.lock.Locks;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The locks of one file, while this client decides on them. Guarded by its monitor. */
final class FileLocks {
  /** The session, as owners name it. */
  private static final Object SELF = new Object();

  /** One request can come to hold two ranges more. */
  private static final int RANGES = Limits.LOCKS_PER_LEASE - 2;

  /** Handles by which locks may be held: each owner's are told when the table is given back. */
  private static final int HANDLES = 8;

  private static final LockWait.Listener NOBODY =
      new LockWait.Listener() {
        @Override
        public void granted() {
          throw new AssertionError("granted without having waited");
        }

        @Override
        public void ended(Errno errno) {
          throw new AssertionError("ended without having waited");
        }
      };

  final InodeId id; // immutable
  int seq; // 0: no lease
  int asks; // requests under way that may bring one
  boolean hasFloor;
  int floor; // grants up to here were recalled, though not all have come yet
  Operation.@Nullable ReturnLocks unsent; // what could not be said yet
  boolean gone; // not among all any more
  int uses;
  int idleLooks;
  int streak; // recalls in a row that came soon
  long grantedAt;
  long quietUntil;
  boolean quiet; // until then no lease is asked for

  private Locks counts = new Locks(RANGES);
  private LockTable table = new LockTable(counts);
  private final Set<Long> handles = new HashSet<>(2); // by which locks were asked for
  private boolean ofSession; // locks of the session itself were asked for, which any close ends

  FileLocks(InodeId id) {
    this.id = id;
  }

  void granted(int grant) {
    seq = grant;
    counts = new Locks(RANGES);
    table = new LockTable(counts);
    handles.clear();
    ofSession = false;
  }

  boolean isFree() {
    return table.isEmpty();
  }

  /** Whether one more by this handle could be more than can be given back. */
  boolean isFull(long handle) {
    return counts.held(SELF) >= RANGES || (handles.size() >= HANDLES && !handles.contains(handle));
  }

  LockTable.Outcome decide(Caller caller, long handle, RangeLock lock) {
    LockOwner owner = owner(handle, lock);
    if (lock.type() == RangeLock.Type.UNLOCK) {
      table.unlock(family(lock), owner, start(lock), end(lock));
      return LockTable.Outcome.GRANTED;
    }
    handles.add(handle);
    ofSession |= lock.kind() == RangeLock.Kind.POSIX && lock.owner() == 0;
    return table.attempt(
        family(lock),
        new LockWait(
            owner, handle, new LockProcess(SELF, caller.pid()), range(lock, caller.pid()), NOBODY));
  }

  FoundLock find(long handle, RangeLock lock) {
    HeldLock held = table.conflict(family(lock), owner(handle, lock), range(lock, 0));
    if (held == null) {
      return new FoundLock(RangeLock.Type.UNLOCK, lock.start(), lock.length(), 0);
    }
    LockRange range = held.range();
    return new FoundLock(
        range.exclusive() ? RangeLock.Type.WRITE : RangeLock.Type.READ,
        range.start(),
        length(range),
        held.owner() instanceof LockOwner.OfProcess ? range.pid() : -1);
  }

  /** Whether the close of a handle could end something. */
  boolean mattersToClose(long handle) {
    if (table.isEmpty()) {
      handles.clear();
      ofSession = false;
    }
    return ofSession || handles.contains(handle);
  }

  List<LeasedLock> all() {
    return table.holdings().stream().map(FileLocks::leased).toList();
  }

  private static LeasedLock leased(LockTable.Holding holding) {
    RangeLock.Kind kind = RangeLock.Kind.OFD;
    long owner = 0;
    if (holding.owner() instanceof LockOwner.OfProcess process) {
      kind = RangeLock.Kind.POSIX;
      owner = process.id();
    } else if (holding.family() == Family.FLOCK) {
      kind = RangeLock.Kind.FLOCK;
    }
    LockRange range = holding.range();
    RangeLock.Type type = range.exclusive() ? RangeLock.Type.WRITE : RangeLock.Type.READ;
    return new LeasedLock(
        (Long) holding.through(),
        new RangeLock(kind, type, range.start(), length(range), owner),
        range.pid());
  }

  private static LockOwner owner(long handle, RangeLock lock) {
    return lock.kind() == RangeLock.Kind.POSIX
        ? new LockOwner.OfProcess(SELF, lock.owner())
        : new LockOwner.OfHandle(handle);
  }

  private static Family family(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? Family.FLOCK : Family.RECORD;
  }

  private static LockRange range(RangeLock lock, int pid) {
    return new LockRange(start(lock), end(lock), lock.type() == RangeLock.Type.WRITE, pid);
  }

  private static long start(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? 0 : lock.start();
  }

  private static long end(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK ? LockRange.TO_END : lock.end();
  }

  private static long length(LockRange range) {
    return range.end() == LockRange.TO_END ? 0 : range.end() - range.start() + 1;
  }
}
