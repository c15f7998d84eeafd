package dev.coterie.check.lease;

import dev.coterie.api.InodeId;
import dev.coterie.api.Operation;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * What a leader must never do: an operation holds the inode that it is about from its begin to its
 * answer, also while it waits for leases.
 */
final class HeldInodes implements Barrier {
  private final BiFunction<Session, Operation<?>, Set<InodeId>> inodesOf;
  private final IdentityHashMap<Operation<?>, Set<InodeId>> held = new IdentityHashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();

  HeldInodes(BiFunction<Session, Operation<?>, Set<InodeId>> inodesOf) {
    this.inodesOf = inodesOf;
  }

  @Override
  public boolean admit(Waiting request) {
    Set<InodeId> wanted = inodesOf.apply(request.session(), request.operation());
    for (Set<InodeId> others : held.values()) {
      if (wanted.stream().anyMatch(others::contains)) {
        waiting.add(request);
        return false;
      }
    }
    held.put(request.operation(), wanted);
    return true;
  }

  @Override
  public void withdraw(Waiting request) {
    waiting.remove(request);
  }

  /** It is answered. */
  void release(Operation<?> operation) {
    if (held.remove(operation) != null) {
      List<Waiting> next = List.copyOf(waiting);
      waiting.clear();
      next.forEach(Waiting::resume);
    }
  }
}
