package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The least client that keeps copies: of attributes alone. It shows that the leader keeps its rules
 * whatever the product's client does, and, with one of its own rules left out, that the simulation
 * finds what is wrong.
 */
final class StatCopies implements FileService {
  /** A rule that is left out. */
  enum Broken {
    /** A lease is given back before the copy is dropped. */
    DROPS_LATE,
    /** The copy is used while an own change is under way. */
    USED_BESIDE_OWN_CHANGE,
    /** The copy is used however long nothing was heard of the leader. */
    NO_DEADLINE,
    /** A lease whose recall came first is believed. */
    NO_FLOOR,
    /** There is no lease, and the copy is kept all the same. */
    NO_LEASE
  }

  private record Copy(Stat stat, int seq) {}

  private final Simulation world;
  private final Link link;
  private final Set<Broken> broken;
  private final Map<Long, InodeId> inodes = new HashMap<>(); // of handles
  private final Map<InodeId, Copy> copies = new HashMap<>();
  private final Map<InodeId, Integer> floors = new HashMap<>();
  private final Map<InodeId, Integer> changing = new HashMap<>();
  private final Map<InodeId, Integer> changed = new HashMap<>();
  private long deadline;
  private long hits;

  StatCopies(Simulation world, Link link, Set<Broken> broken) {
    this.world = world;
    this.link = link;
    this.broken = broken.isEmpty() ? EnumSet.noneOf(Broken.class) : EnumSet.copyOf(broken);
    world.new Fiber(this::takeRecalls);
  }

  long hits() {
    return hits;
  }

  private boolean lacks(Broken rule) {
    return broken.contains(rule);
  }

  private void takeRecalls() {
    try {
      while (true) {
        List<LeaseName> recalls = below(Caller.ROOT, new Operation.NextRecalls(4, true));
        link.requireAwake();
        if (!lacks(Broken.DROPS_LATE)) {
          drop(recalls);
        }
        below(Caller.ROOT, new Operation.ReturnLeases(recalls));
        drop(recalls);
      }
    } catch (ErrnoException e) {
      copies.clear(); // the session is over
      deadline = Long.MIN_VALUE;
    }
  }

  private void drop(List<LeaseName> recalls) {
    for (LeaseName recall : recalls) {
      Copy copy = copies.get(recall.id());
      if (copy != null && copy.seq() <= recall.seq()) {
        copies.remove(recall.id());
      }
      floors.merge(recall.id(), recall.seq(), Math::max);
    }
  }

  private <R> R below(Caller caller, Operation<R> operation) throws ErrnoException {
    long sent = world.now();
    R answer = link.call(caller, operation);
    deadline = Math.max(deadline, sent + Limits.LEASE_MS * 1000L);
    return answer;
  }

  @Override
  @SuppressWarnings("unchecked") // a Getattr answers a Stat
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    if (operation instanceof Operation.Getattr(var id)) {
      return (R) stat(caller, id);
    }
    InodeId id = changedBy(operation);
    if (id == null) {
      return below(caller, operation);
    }
    changing.merge(id, 1, Integer::sum);
    try {
      return below(caller, operation);
    } finally {
      changing.merge(id, -1, Integer::sum);
      changed.merge(id, 1, Integer::sum);
      copies.remove(id);
    }
  }

  private @Nullable InodeId changedBy(Operation<?> operation) {
    return switch (operation) {
      case Operation.Setattr o -> o.id();
      case Operation.Write o -> inodes.get(o.handle());
      case Operation.Append o -> inodes.get(o.handle());
      default -> null;
    };
  }

  @Override
  public Operation.Opened open(Caller caller, InodeId id, int flags) throws ErrnoException {
    Operation.Opened opened = below(caller, new Operation.Open(id, flags));
    inodes.put(opened.handle(), id);
    return opened;
  }

  private Stat stat(Caller caller, InodeId id) throws ErrnoException {
    Copy copy = copies.get(id);
    boolean own = changing.getOrDefault(id, 0) > 0 && !lacks(Broken.USED_BESIDE_OWN_CHANGE);
    if (copy != null && !own && (world.now() < deadline || lacks(Broken.NO_DEADLINE))) {
      hits++;
      return copy.stat();
    }
    int before = changed.getOrDefault(id, 0);
    Leased leased = below(caller, new Operation.Lease(id));
    boolean changedSince =
        changed.getOrDefault(id, 0) != before || changing.getOrDefault(id, 0) > 0;
    boolean late = leased.seq() <= floors.getOrDefault(id, 0) && !lacks(Broken.NO_FLOOR);
    if ((leased.seq() != 0 && !late && (!changedSince || lacks(Broken.USED_BESIDE_OWN_CHANGE)))
        || lacks(Broken.NO_LEASE)) {
      copies.put(id, new Copy(leased.stat(), leased.seq()));
    }
    return leased.stat();
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    return link.submit(caller, operation, completion);
  }

  @Override
  public void close() {
    link.close();
  }
}
