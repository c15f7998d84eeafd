package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.wire.LinuxReply.Rgetlock;
import dev.coterie.wire.LinuxReply.Rlock;
import dev.coterie.wire.LinuxRequest.Tgetlock;
import dev.coterie.wire.LinuxRequest.Tlock;
import dev.coterie.wire.P9;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Locks of a plain 9P client. Its owners are processes, each named by the client's name and its
 * number there. Under the number {@link #OFD} a lock is no process's, and the fid, which is an open
 * file, says whose it is. (Linux 6.1 and 6.12 send the process also for OFD locks.)
 *
 * <p>Who would wait is held for some time; then it is answered {@link P9#LOCK_BLOCKED} and asks
 * again after a while of its own choosing. Meanwhile its place in the queue is kept: {@link
 * PlainWait}.
 */
final class PlainLocks {
  /** The process of a lock that is an open file's. */
  static final int OFD = 0xFFFFFFFF;

  private static final Name UNNAMED = Name.of("");
  private static final int KNOWN_FLAGS = P9.LOCK_FLAGS_BLOCK | P9.LOCK_FLAGS_RECLAIM;

  /** Whose a lock of a file is: a process's, or a handle's. */
  private record Holder(InodeId file, RangeLock.Kind kind, long owner) {}

  /** What is asked for: by whom, through which handle. */
  record Wanted(Caller caller, InodeId file, long handle, RangeLock lock) {
    private Holder holder() {
      boolean ofHandle = lock.kind() == RangeLock.Kind.OFD;
      return new Holder(file, lock.kind(), ofHandle ? handle : lock.owner());
    }

    private boolean isAll() {
      return lock.start() == 0 && lock.length() == 0;
    }
  }

  private final Conversation conversation;
  private final Fids fids;
  private final ConcurrentHashMap<Name, Long> clients = new ConcurrentHashMap<>(); // numbered
  private final Map<Wanted, PlainWait> kept = new HashMap<>(); // guarded by this
  private final Map<Long, Set<Holder>> holders = new HashMap<>(); // guarded by this; by handle

  PlainLocks(Conversation conversation, Fids fids) {
    this.conversation = conversation;
    this.fids = fids;
  }

  Conversation conversation() {
    return conversation;
  }

  /** How long one is held who would wait, in milliseconds. */
  long holdMs() {
    return conversation.connection().leader().lockHoldMs();
  }

  // ---- requests ----

  void lock(Call call, Tlock r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    if ((r.flags() & ~KNOWN_FLAGS) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    RangeLock lock = lock(type(r.lockType()), r.start(), r.length(), r.procId(), r.clientId());
    // No lock of ours outlives a leader, so there is none to be reclaimed: it is asked for anew.
    boolean waits = (r.flags() & P9.LOCK_FLAGS_BLOCK) != 0;
    Wanted wanted = new Wanted(caller(call, fid, r.procId()), fid.id(), fid.handle(), lock);
    PlainWait again = waits ? takeKept(wanted) : null;
    if (again != null && again.resume(call)) {
      return;
    }
    dropKept(wanted);
    if (waits && lock.type() != RangeLock.Type.UNLOCK) {
      new PlainWait(this, wanted).begin(call);
    } else {
      attempt(call, wanted);
    }
  }

  private void attempt(Call call, Wanted wanted) {
    call.onFailure(errno -> errno == Errno.EAGAIN ? new Rlock(P9.LOCK_BLOCKED) : null);
    call.submit(
        wanted.caller(),
        new Operation.Lock(wanted.handle(), wanted.lock(), false),
        done -> {
          if (wanted.lock().type() == RangeLock.Type.UNLOCK) {
            unlocked(wanted);
          } else {
            locked(wanted);
          }
          call.reply(new Rlock(P9.LOCK_SUCCESS));
        });
  }

  /** Linux always asks with type UNLCK, which no lock has: it would know of any. */
  void getlock(Call call, Tgetlock r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    RangeLock.Type type = type(r.lockType());
    RangeLock lock =
        lock(
            type == RangeLock.Type.UNLOCK ? RangeLock.Type.WRITE : type,
            r.start(),
            r.length(),
            r.procId(),
            r.clientId());
    call.submit(
        caller(call, fid, r.procId()),
        new Operation.GetLock(fid.handle(), lock),
        found -> call.reply(reply(r, found)));
  }

  /** A holder's number is that of its own client, whose name is not known here. */
  private static Rgetlock reply(Tgetlock r, FoundLock found) {
    return switch (found.type()) {
      case UNLOCK ->
          new Rgetlock(P9.LOCK_TYPE_UNLCK, r.start(), r.length(), r.procId(), r.clientId());
      case READ ->
          new Rgetlock(P9.LOCK_TYPE_RDLCK, found.start(), found.length(), found.pid(), UNNAMED);
      case WRITE ->
          new Rgetlock(P9.LOCK_TYPE_WRLCK, found.start(), found.length(), found.pid(), UNNAMED);
    };
  }

  private static RangeLock.Type type(int number) throws ErrnoException {
    return switch (number) {
      case P9.LOCK_TYPE_RDLCK -> RangeLock.Type.READ;
      case P9.LOCK_TYPE_WRLCK -> RangeLock.Type.WRITE;
      case P9.LOCK_TYPE_UNLCK -> RangeLock.Type.UNLOCK;
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  private RangeLock lock(RangeLock.Type type, long start, long length, int procId, Name clientId)
      throws ErrnoException {
    return procId == OFD
        ? new RangeLock(RangeLock.Kind.OFD, type, start, length, 0)
        : new RangeLock(RangeLock.Kind.POSIX, type, start, length, owner(procId, clientId));
  }

  /** Never 0, which would be the session itself. */
  private long owner(int procId, Name clientId) throws ErrnoException {
    Long client = clients.get(clientId);
    if (client == null) {
      if (clients.size() >= Limits.LOCK_CLIENTS_PER_CONNECTION) {
        throw new ErrnoException(Errno.ENOLCK);
      }
      client = clients.computeIfAbsent(clientId, name -> clients.size() + 1L);
    }
    return client << Integer.SIZE | Integer.toUnsignedLong(procId);
  }

  private static Caller caller(Call call, Fid fid, int procId) {
    return call.callerOf(fid).withPid(procId == OFD ? 0 : procId);
  }

  // ---- who holds, as far as it was answered ----

  synchronized void locked(Wanted wanted) {
    holders.computeIfAbsent(wanted.handle(), handle -> new HashSet<>(2)).add(wanted.holder());
  }

  private synchronized void unlocked(Wanted wanted) {
    if (wanted.isAll()) {
      holders.values().removeIf(all -> all.remove(wanted.holder()) && all.isEmpty());
    }
  }

  /** Whether whoever asks may hold locks of the file already. */
  synchronized boolean mayHold(Wanted wanted) {
    return holders.values().stream().anyMatch(all -> all.contains(wanted.holder()));
  }

  /** The handle is being closed: what was locked by it ends, and nobody waits by it any more. */
  void closed(long handle) {
    List<PlainWait> ended;
    synchronized (this) {
      holders.remove(handle);
      ended = takeAll(wanted -> wanted.handle() == handle);
    }
    ended.forEach(PlainWait::drop);
  }

  // ---- places that are kept ----

  /** Nobody asks any more; the place is kept for who does. */
  void keep(PlainWait wait) {
    PlainWait before;
    synchronized (this) {
      before = kept.put(wait.wanted(), wait);
    }
    if (before != null) {
      before.drop();
    }
  }

  private synchronized @Nullable PlainWait takeKept(Wanted wanted) {
    return kept.remove(wanted);
  }

  /** It is not kept any more; false: it was not. */
  synchronized boolean forget(PlainWait wait) {
    return kept.remove(wait.wanted(), wait);
  }

  /** Who asks for something else has given up what was asked for before. */
  private void dropKept(Wanted wanted) {
    List<PlainWait> given;
    synchronized (this) {
      given = takeAll(other -> other.holder().equals(wanted.holder()));
    }
    given.forEach(PlainWait::drop);
  }

  /** With the monitor held. */
  private List<PlainWait> takeAll(Predicate<Wanted> which) {
    List<PlainWait> taken =
        kept.values().stream().filter(wait -> which.test(wait.wanted())).toList();
    kept.keySet().removeIf(which);
    return taken;
  }
}
