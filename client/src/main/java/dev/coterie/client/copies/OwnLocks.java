package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.api.lock.LockTable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Locks of files that this client alone has to do with, decided on here. Nobody waits here: what
 * would have to has the table given back first, so that the leader sees who waits for whom.
 *
 * <p>The leader asks for a table back before it answers anybody's request about those locks, our
 * own too. So it does not matter which of our requests overtakes which, and what comes too late to
 * be decided here is simply asked for.
 */
final class OwnLocks {
  /** Looks without use until a table is given back, or forgotten. */
  private static final int IDLE_LOOKS = 15;

  private final FileService below; // immutable
  private final Keeper keeper; // immutable
  private final Nodes nodes; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies
  private final ConcurrentHashMap<InodeId, FileLocks> all = new ConcurrentHashMap<>();
  private final Set<FileLocks> leased = ConcurrentHashMap.newKeySet();

  OwnLocks(FileService below, Keeper keeper, Nodes nodes, ConcurrentHashMap<Long, Handle> handles) {
    this.below = below;
    this.keeper = keeper;
    this.nodes = nodes;
    this.handles = handles;
  }

  // ---- deciding ----

  /** Null: to be asked for. EAGAIN. */
  @Nullable Done lock(Caller caller, Operation.Lock o) throws ErrnoException {
    Handle handle = handles.get(o.handle());
    FileLocks file = fileOf(handle);
    if (handle == null || file == null || !isRight(handle, o.lock())) {
      return null;
    }
    LockTable.Outcome outcome;
    synchronized (file) {
      if (file.seq == 0 || handle.locksElsewhere || !keeper.isInTime()) {
        return null;
      }
      if (file.isFull(o.handle())) {
        giveBack(file);
        return null;
      }
      outcome = file.decide(caller, o.handle(), o.lock());
      if (!keeper.isInTime()) {
        return null; // perhaps it counts, perhaps not: to ask for it once more changes nothing
      }
      file.idleLooks = 0;
      if (outcome != LockTable.Outcome.GRANTED && o.waits()) {
        giveBack(file);
        return null;
      }
    }
    keeper.hit();
    if (outcome != LockTable.Outcome.GRANTED) {
      throw new ErrnoException(Errno.EAGAIN, "lock");
    }
    return Done.DONE;
  }

  /** Null: to be asked for. */
  @Nullable FoundLock find(Operation.GetLock o) {
    Handle handle = handles.get(o.handle());
    FileLocks file = fileOf(handle);
    if (handle == null || file == null || !isRange(o.lock())) {
      return null;
    }
    synchronized (file) {
      if (file.seq == 0 || handle.locksElsewhere) {
        return null;
      }
      FoundLock found = file.find(o.handle(), o.lock());
      if (!keeper.isInTime()) {
        return null;
      }
      file.idleLooks = 0;
      keeper.hit();
      return found;
    }
  }

  private @Nullable FileLocks fileOf(@Nullable Handle handle) {
    return handle == null || !handle.file ? null : all.get(handle.node.id);
  }

  private static boolean isRight(Handle handle, RangeLock lock) {
    if (lock.kind() == RangeLock.Kind.FLOCK) {
      return true;
    }
    int flags = handle.flags;
    boolean open =
        switch (lock.type()) {
          case READ -> OpenFlags.reads(flags);
          case WRITE -> OpenFlags.writes(flags);
          case UNLOCK -> true;
        };
    return open && isRange(lock);
  }

  private static boolean isRange(RangeLock lock) {
    return lock.kind() == RangeLock.Kind.FLOCK
        || (lock.start() >= 0
            && lock.length() >= 0
            && (lock.length() == 0 || lock.end() >= lock.start()));
  }

  // ---- asking for tables ----

  /** What is to be asked before a lock is, as it is not the first of its file; null: nothing. */
  @Nullable Ask<Stat, Leased> wants(Operation<?> operation) {
    if (!(operation instanceof Operation.Lock o) || o.lock().type() == RangeLock.Type.UNLOCK) {
      return null;
    }
    Handle handle = handles.get(o.handle());
    if (handle == null || !handle.file || handle.locksElsewhere || !isRight(handle, o.lock())) {
      return null;
    }
    FileLocks file = begin(handle.node.id);
    if (file == null) {
      return null;
    }
    if (!keeper.mayAsk()) {
      ended(file);
      return null;
    }
    return new Ask<>(
        new Operation.LeaseLocks(o.handle()),
        leased -> {
          learn(file, leased.seq());
          return leased.stat();
        },
        errno -> ended(file),
        false);
  }

  private @Nullable FileLocks begin(InodeId id) {
    while (true) {
      FileLocks file = all.computeIfAbsent(id, FileLocks::new);
      synchronized (file) {
        if (file.gone) {
          continue;
        }
        boolean hushed = file.quiet && keeper.now() - file.quietUntil < 0;
        if (file.uses++ == 0 || file.seq != 0 || file.asks > 0 || hushed) {
          return null;
        }
        file.asks++;
        return file;
      }
    }
  }

  private void learn(FileLocks file, int seq) {
    synchronized (file) {
      if (seq == 0) {
        hush(file, Keeper.QUIET_NS);
      } else if (!file.hasFloor || seq - file.floor > 0) {
        file.granted(seq);
        file.grantedAt = keeper.now();
        file.idleLooks = 0;
        leased.add(file);
      }
      ended(file);
    }
  }

  private static void ended(FileLocks file) {
    synchronized (file) {
      file.asks--;
      if (file.asks == 0) {
        file.hasFloor = false; // no late grant can come any more
      }
    }
  }

  private void hush(FileLocks file, long nanos) {
    file.quietUntil = keeper.now() + nanos;
    file.quiet = true;
  }

  // ---- giving back ----

  /** A table is to be given back. */
  void recalled(LeaseName lease) {
    boolean heeded = false;
    while (!heeded) {
      heeded = recalled(all.computeIfAbsent(lease.id(), FileLocks::new), lease);
    }
  }

  private boolean recalled(FileLocks file, LeaseName lease) {
    synchronized (file) {
      if (file.gone) {
        return false;
      }
      long now = keeper.now();
      boolean soon = now - file.grantedAt < Keeper.SOON_NS;
      file.streak = soon ? Math.min(file.streak + 1, Keeper.STREAK) : 0;
      if (soon) {
        hush(file, Keeper.QUIET_NS << (file.streak - 1));
      }
      file.uses = 0;
      if (file.asks > 0 && (!file.hasFloor || lease.seq() - file.floor > 0)) {
        file.hasFloor = true;
        file.floor = lease.seq();
      }
      Operation.ReturnLocks unsent = file.unsent;
      if (file.seq == lease.seq()) {
        giveBack(file);
      } else if (unsent != null && unsent.lease().equals(lease)) {
        send(file, unsent);
      } else {
        // It was given back before this came, or its grant is still on the way and was not used.
        send(file, new Operation.ReturnLocks(lease, List.of()));
      }
      return true;
    }
  }

  /** Under the file's monitor, so that nothing is said of it later that is older. */
  private void giveBack(FileLocks file) {
    if (file.seq == 0) {
      return;
    }
    List<LeasedLock> held = file.all();
    LeaseName lease = new LeaseName(file.id, LeasePlane.LOCKS, file.seq);
    file.seq = 0;
    leased.remove(file);
    if (file.asks > 0 && (!file.hasFloor || lease.seq() - file.floor > 0)) {
      file.hasFloor = true;
      file.floor = lease.seq();
    }
    send(file, new Operation.ReturnLocks(lease, held));
  }

  private void send(FileLocks file, Operation.ReturnLocks operation) {
    file.unsent = null;
    Keeper.Sending sending = keeper.sending();
    below.submit(
        Caller.ROOT,
        operation,
        new Completion<Done>() {
          @Override
          public void done(Done result) {
            keeper.answered(operation, result, sending);
          }

          @Override
          public void failed(Errno errno) {
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
              synchronized (file) {
                file.unsent = operation;
              }
            } else {
              keeper.failed(errno);
            }
          }
        });
  }

  // ---- handles that others may have too, or that end ----

  /** From now on what is asked by this handle is asked of the leader. */
  void shared(@Nullable Handle handle) {
    if (handle != null) {
      handle.locksElsewhere = true;
    }
  }

  /** A handle is going to be closed: what ends with it is decided by the leader. */
  void closing(long number, @Nullable Handle handle) {
    shared(handle);
    FileLocks file = fileOf(handle);
    if (file == null) {
      return;
    }
    synchronized (file) {
      if (file.seq != 0 && file.mattersToClose(number)) {
        giveBack(file);
      }
    }
  }

  // ---- looks ----

  boolean hasAny() {
    return !leased.isEmpty();
  }

  /** At intervals, by one thread. */
  void look() {
    for (FileLocks file : all.values()) {
      Node node = nodes.get(file.id);
      boolean closed = node == null || node.handles == 0;
      synchronized (file) {
        file.idleLooks++;
        boolean idle = closed || file.idleLooks >= IDLE_LOOKS;
        if (idle && file.isFree()) {
          giveBack(file);
        }
        Operation.ReturnLocks unsent = file.unsent;
        if (unsent != null) {
          send(file, unsent);
        }
        if (idle && file.seq == 0 && file.asks == 0 && file.unsent == null) {
          file.gone = true;
          all.remove(file.id, file);
        }
      }
    }
  }

  /** All are given back. */
  void endAll() {
    for (FileLocks file : leased) {
      synchronized (file) {
        giveBack(file);
      }
    }
  }
}
