package dev.coterie.api.lock;

import dev.coterie.api.Errno;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Locks of one family on one file, and who waits for them. Guarded by the table's monitor; waits
 * that are over are handed back, for the table to tell them when its monitor is free.
 */
final class LockSpace {
  /**
   * How often a wait may be overtaken by a later request that meets no lock. Enough that programs
   * see what they would see on Linux, where it has no bound; few enough that nobody starves.
   */
  static final int OVERTAKES = 16;

  /** What one owner has here. */
  private static final class Holder {
    final Ranges ranges = new Ranges();
    final Set<Object> throughs = new HashSet<>(2); // the open handles by which it locked
    final LockProcess process; // for which its ranges count

    Holder(LockProcess process) {
      this.process = process;
    }
  }

  private final LockCounts counts;
  private final WaitGraph graph;
  private final Map<LockOwner, Holder> holders = new LinkedHashMap<>();
  private final List<LockWait> queue = new ArrayList<>();

  LockSpace(LockCounts counts, WaitGraph graph) {
    this.counts = counts;
    this.graph = graph;
  }

  boolean isEmpty() {
    return holders.isEmpty() && queue.isEmpty();
  }

  // ---- what is held ----

  /** The first lock that stands in the way, and whose it is. */
  @Nullable HeldLock firstConflict(LockOwner owner, LockRange wanted) {
    for (Map.Entry<LockOwner, Holder> holder : holders.entrySet()) {
      if (!holder.getKey().equals(owner)) {
        LockRange range = holder.getValue().ranges.firstConflict(wanted);
        if (range != null) {
          return new HeldLock(holder.getKey(), range);
        }
      }
    }
    return null;
  }

  private Set<LockOwner> blockers(LockWait wait) {
    Set<LockOwner> blockers = new HashSet<>();
    holders.forEach((owner, holder) -> {
      if (!owner.equals(wait.owner) && holder.ranges.firstConflict(wait.wanted) != null) {
        blockers.add(owner);
      }
    });
    return blockers;
  }

  /** What an owner holds, ascending. */
  List<LockRange> held(LockOwner owner) {
    Holder holder = holders.get(owner);
    return holder == null ? List.of() : List.copyOf(holder.ranges.all());
  }

  void forEach(Consumer<HeldLock> action) {
    holders.forEach((owner, holder) ->
        holder.ranges.all().forEach(range -> action.accept(new HeldLock(owner, range))));
  }

  /** Each range once, and the first of an owner once more for each further handle. */
  void forEachHolding(LockTable.Family family, Consumer<LockTable.Holding> action) {
    holders.forEach((owner, holder) -> {
      LockRange first = holder.ranges.all().iterator().next();
      boolean others = false;
      for (Object through : holder.throughs) {
        for (LockRange range : others ? List.of(first) : holder.ranges.all()) {
          action.accept(new LockTable.Holding(family, owner, through, holder.process, range));
        }
        others = true;
      }
    });
  }

  void forEachWaiting(Consumer<LockTable.Waiting> action) {
    queue.forEach(
        wait -> action.accept(new LockTable.Waiting(wait.owner, wait.wanted, blockers(wait))));
  }

  List<LockWait> waiting() {
    return List.copyOf(queue);
  }

  // ---- locking ----

  /** Locks at once, or says why not. */
  LockTable.Outcome attempt(LockWait wait) {
    return firstConflict(wait.owner, wait.wanted) == null ? hold(wait) : LockTable.Outcome.BUSY;
  }

  /** Locks at once, or queues. */
  LockTable.Outcome request(LockWait wait) {
    if (isFree(wait, queue)) {
      LockTable.Outcome outcome = hold(wait);
      if (outcome == LockTable.Outcome.GRANTED) {
        countOvertaken(wait, queue);
      }
      return outcome;
    }
    if (wait.isOfProcess() && !graph.enter(wait, blockers(wait))) {
      return LockTable.Outcome.DEADLOCK;
    }
    wait.queued = true;
    queue.add(wait);
    return LockTable.Outcome.QUEUED;
  }

  /** Whether a request would be granted at once. */
  boolean isFree(LockWait wait, boolean waits) {
    return isFree(wait, waits ? queue : List.of());
  }

  /** Whether a request meets no lock, and no earlier one that was overtaken often enough. */
  private boolean isFree(LockWait wait, List<LockWait> earlier) {
    return firstConflict(wait.owner, wait.wanted) == null
        && (counts.holdsLocks(wait.process)
            || earlier.stream().noneMatch(w -> w.overtaken >= OVERTAKES && w.conflicts(wait)));
  }

  private static void countOvertaken(LockWait wait, List<LockWait> earlier) {
    for (LockWait other : earlier) {
      if (other.conflicts(wait)) {
        other.overtaken++;
      }
    }
  }

  private LockTable.Outcome hold(LockWait wait) {
    if (!counts.hasRoom(wait.process)) {
      return LockTable.Outcome.FULL;
    }
    hold(wait.owner, wait.through, wait.process, wait.wanted);
    return LockTable.Outcome.GRANTED;
  }

  private void hold(LockOwner of, Object through, LockProcess process, LockRange wanted) {
    Holder holder = holders.computeIfAbsent(of, owner -> new Holder(process));
    int before = holder.ranges.size();
    holder.ranges.set(wanted);
    holder.throughs.add(through);
    counts.add(holder.process, holder.ranges.size() - before);
  }

  /** What was granted elsewhere. */
  void hold(LockTable.Holding one) {
    hold(one.owner(), one.through(), one.process(), one.range());
  }

  // ---- unlocking ----

  void unlock(LockOwner owner, long start, long end) {
    Holder holder = holders.get(owner);
    if (holder == null) {
      return;
    }
    int before = holder.ranges.size();
    holder.ranges.clear(start, end);
    counts.add(holder.process, holder.ranges.size() - before);
    if (holder.ranges.isEmpty()) {
      holders.remove(owner);
    }
  }

  /** Ends all that owners hold whom the test names, given the handles by which each locked. */
  void unlockAll(BiPredicate<LockOwner, Set<Object>> test) {
    holders
        .entrySet()
        .removeIf(entry -> {
          Holder holder = entry.getValue();
          boolean ends = test.test(entry.getKey(), holder.throughs);
          if (ends) {
            counts.add(holder.process, -holder.ranges.size());
          }
          return ends;
        });
  }

  // ---- waiting ----

  /** Takes a wait off the queue; false if it is not there any more. */
  boolean withdraw(LockWait wait) {
    if (!wait.queued) {
      return false;
    }
    queue.remove(wait);
    ended(wait);
    return true;
  }

  private void ended(LockWait wait) {
    wait.queued = false;
    if (wait.isOfProcess()) {
      graph.leave(wait);
    }
  }

  /** Takes off all waits that the test names, as refused. */
  List<LockWait> withdrawAll(Predicate<LockWait> test, Errno refusal) {
    List<LockWait> ended = queue.stream().filter(test).toList();
    queue.removeAll(ended);
    for (LockWait wait : ended) {
      ended(wait);
      wait.refusal = refusal;
    }
    return ended;
  }

  /**
   * Grants what has become free, the earliest first, until nothing more can be; to be called after
   * every change. One grant can make way for an earlier wait: who gets a read lock may give up a
   * write lock by it.
   *
   * @return those to be told
   */
  List<LockWait> grant() {
    List<LockWait> over = new ArrayList<>();
    while (grantNext(over)) {}
    for (LockWait wait : queue) {
      if (wait.isOfProcess()) {
        graph.update(wait, blockers(wait));
      }
    }
    return over;
  }

  private boolean grantNext(List<LockWait> over) {
    for (int i = 0; i < queue.size(); i++) {
      LockWait wait = queue.get(i);
      List<LockWait> earlier = queue.subList(0, i);
      if (isFree(wait, earlier)) {
        if (hold(wait) == LockTable.Outcome.FULL) {
          wait.refusal = Errno.ENOLCK;
        } else {
          countOvertaken(wait, earlier);
        }
        queue.remove(i);
        ended(wait);
        over.add(wait);
        return true;
      }
    }
    return false;
  }
}
